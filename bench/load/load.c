#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] =
	"load MODE --port PORT [--host 127.0.0.1] [--clients 100] [--in-flight 1] [--size 64]\n"
	"     [--warm-up SECONDS] [--seconds SECONDS] [--interval MILLISECONDS] [--wait MILLISECONDS]\n"
	"     [--pids PID,PID]\n"
	"MODE  echo   each client keeps its messages in flight\n"
	"      lines  the same; a message ends in a line feed\n"
	"      churn  connect, one echo, close, again\n"
	"      idle   open the connections; then `echo` or `close`, read from stdin\n"
	"      ping   a message per client and interval, while one more client makes its handler spin\n"
	"Prints one line of JSON; times in microseconds. The CPU time of the processes PID is measured along.\n";

static void refuse(const char *why)
{
	fprintf(stderr, "load: %s\n%s", why, usage);
	exit(2);
}

static double number(const char *text, double min, double max)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || value < min || value > max)
		refuse("a number is out of bounds");
	return value;
}

static void parse_pids(struct options *options, char *list)
{
	for (char *pid = strtok(list, ","); pid; pid = strtok(NULL, ",")) {
		if (options->pid_count == MAX_PIDS)
			refuse("too many processes");
		options->pids[options->pid_count++] = (int)number(pid, 1, 1 << 22);
	}
}

static void set_address(struct options *options, const char *host, int port)
{
	options->address.sin_family = AF_INET;
	options->address.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &options->address.sin_addr) != 1 ||
	    ntohl(options->address.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
		refuse("the host must be a loopback address");
}

static struct options parse(int argc, char **argv)
{
	enum { HOST = 1, PORT, CLIENTS, IN_FLIGHT, SIZE, WARM_UP, SECONDS, INTERVAL, WAIT, PIDS };
	static const struct option known[] = {
		{ "host", 1, 0, HOST },		  { "port", 1, 0, PORT },	{ "clients", 1, 0, CLIENTS },
		{ "in-flight", 1, 0, IN_FLIGHT }, { "size", 1, 0, SIZE },	{ "warm-up", 1, 0, WARM_UP },
		{ "seconds", 1, 0, SECONDS },	  { "interval", 1, 0, INTERVAL }, { "pids", 1, 0, PIDS },
		{ "wait", 1, 0, WAIT },	  { 0 },
	};
	struct options options = {
		.clients = 100, .in_flight = 1, .size = 64,
		.warm_up = SECOND, .duration = 3 * SECOND, .interval = 50 * MILLISECOND,
	};
	const char *host = "127.0.0.1";
	int port = 0, option;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case HOST: host = optarg; break;
		case PORT: port = (int)number(optarg, 1, 65535); break;
		case CLIENTS: options.clients = (int)number(optarg, 1, MAX_CLIENTS); break;
		case IN_FLIGHT: options.in_flight = (int)number(optarg, 1, 1024); break;
		case SIZE: options.size = (size_t)number(optarg, 32, READ_BYTES); break;
		case WARM_UP: options.warm_up = (uint64_t)(number(optarg, 0, 60) * 1e9); break;
		case SECONDS: options.duration = (uint64_t)(number(optarg, 0.1, 600) * 1e9); break;
		case INTERVAL: options.interval = (uint64_t)(number(optarg, 1, 10000) * 1e6); break;
		case WAIT: options.wait = (int)number(optarg, 0, 1000); break;
		case PIDS: parse_pids(&options, optarg); break;
		default: refuse("unknown option");
		}
	}
	if (!port)
		refuse("--port is missing");
	set_address(&options, host, port);
	return options;
}

static void raise_file_limit(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		refuse("MODE is missing");
	const char *mode = argv[1];
	struct options options = parse(argc - 1, argv + 1);
	raise_file_limit();
	signal(SIGPIPE, SIG_IGN);
	options.lines = strcmp(mode, "lines") == 0;
	if (options.lines || strcmp(mode, "echo") == 0)
		run_echo(&options);
	else if (strcmp(mode, "churn") == 0)
		run_churn(&options);
	else if (strcmp(mode, "idle") == 0)
		run_idle(&options);
	else if (strcmp(mode, "ping") == 0)
		run_ping(&options);
	else
		refuse("MODE is unknown");
	return 0;
}
