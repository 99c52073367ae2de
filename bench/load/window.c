#include "load.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* User and system time of the server's processes, in nanoseconds, from /proc/PID/stat. */
static void server_cpu(const struct options *options, uint64_t *user, uint64_t *system)
{
	static uint64_t tick;
	if (!tick)
		tick = SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	*user = *system = 0;
	for (int i = 0; i < options->pid_count; i++) {
		char path[64], stat[1024];
		snprintf(path, sizeof path, "/proc/%d/stat", options->pids[i]);
		FILE *file = fopen(path, "r");
		if (!file)
			fail(path);
		size_t length = fread(stat, 1, sizeof stat - 1, file);
		fclose(file);
		stat[length] = 0;
		/* The second field, the name, may hold spaces and parentheses. */
		const char *rest = strrchr(stat, ')');
		unsigned long long utime, stime;
		if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &utime, &stime) != 2)
			fail("unexpected /proc/PID/stat");
		*user += utime * tick;
		*system += stime * tick;
	}
}

static uint64_t own_cpu(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

void window_open(struct window *window, const struct options *options, struct result *result)
{
	memset(window, 0, sizeof *window);
	window->warm_until = now() + options->warm_up;
	window->options = options;
	window->result = result;
}

bool window_advance(struct window *window, uint64_t time)
{
	struct result *result = window->result;
	if (!window->measuring) {
		if (time < window->warm_until)
			return true;
		memset(&result->latency, 0, sizeof result->latency);
		server_cpu(window->options, &result->server_user, &result->server_system);
		result->own_cpu = own_cpu();
		window->began = now();
		window->end = window->began + window->options->duration;
		window->measuring = true;
		return true;
	}
	if (time < window->end)
		return true;
	uint64_t user, system;
	server_cpu(window->options, &user, &system);
	result->server_user = user - result->server_user;
	result->server_system = system - result->server_system;
	result->own_cpu = own_cpu() - result->own_cpu;
	result->elapsed = time - window->began;
	return false;
}

void print_result(const struct result *result)
{
	printf("{\"mode\":\"%s\",\"seconds\":%.4f,", result->mode, (double)result->elapsed / 1e9);
	histogram_print(&result->latency);
	printf(",\"errors\":%llu,\"serverUser\":%.0f,\"serverSystem\":%.0f,\"loadCpu\":%.3f}\n",
	       (unsigned long long)result->errors, (double)result->server_user / 1e3,
	       (double)result->server_system / 1e3, (double)result->own_cpu / (double)result->elapsed);
}
