#include "load.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE 100

static int *fds;

static void report(const char *stage, const struct options *options, uint64_t began)
{
	printf("{\"mode\":\"idle\",\"stage\":\"%s\",\"clients\":%d,\"seconds\":%.4f}\n", stage, options->clients,
	       (double)(now() - began) / 1e9);
	fflush(stdout);
}

static void open_all(const struct options *options)
{
	uint64_t began = now();
	for (int i = 0; i < options->clients; i++)
		fds[i] = connect_blocking(options);
	report("open", options, began);
}

static void echo_all(const struct options *options)
{
	uint64_t began = now();
	const char *message = make_messages(options, 1);
	char *reply = allocate(options->size);
	for (int first = 0; first < options->clients; first += AT_ONCE) {
		int last = first + AT_ONCE < options->clients ? first + AT_ONCE : options->clients;
		for (int i = first; i < last; i++)
			if (!send_all(fds[i], message, options->size))
				fail("send");
		for (int i = first; i < last; i++)
			if (!receive_all(fds[i], reply, options->size) || memcmp(reply, message, options->size) != 0)
				fail("echo");
	}
	report("echo", options, began);
}

/* Opens its connections and does what it is told on stdin: `echo` once over each, or `close`. */
void run_idle(const struct options *options)
{
	char line[64];
	fds = allocate(sizeof(int) * (size_t)options->clients);
	open_all(options);
	while (fgets(line, sizeof line, stdin) && strcmp(line, "close\n") != 0)
		if (strcmp(line, "echo\n") == 0)
			echo_all(options);
	/* With FIN, 10,000 ports would stay taken for a minute. */
	for (int i = 0; i < options->clients; i++)
		close_abruptly(fds[i]);
}
