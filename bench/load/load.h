#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CLIENTS 60000
#define MAX_PIDS 64
#define READ_BYTES 65536
#define SECOND 1000000000ull
#define MILLISECOND 1000000ull
/* How long a server may keep the generator waiting before that counts as an error. */
#define PATIENCE (20 * SECOND)

struct options {
	struct sockaddr_in address;
	int clients;
	int in_flight;
	size_t size;
	bool lines;
	uint64_t warm_up;
	uint64_t duration;
	uint64_t interval;
	/* Milliseconds to sleep for at most when nothing comes. */
	int wait;
	int pids[MAX_PIDS];
	int pid_count;
};

struct histogram {
	uint64_t buckets[2048];
	uint64_t count;
	uint64_t max;
};

/* What one run has counted; `print_result` turns it into the line of JSON. */
struct result {
	const char *mode;
	struct histogram latency;
	uint64_t errors;
	uint64_t elapsed;
	uint64_t server_user;
	uint64_t server_system;
	uint64_t own_cpu;
};

/* modes */
void run_echo(const struct options *options);
void run_churn(const struct options *options);
void run_idle(const struct options *options);
void run_ping(const struct options *options);

/* histogram.c */
void histogram_add(struct histogram *histogram, uint64_t nanoseconds);
void histogram_print(const struct histogram *histogram);

/* window.c: the warm-up, then the measured time */
struct window {
	uint64_t warm_until;
	uint64_t end;
	uint64_t began;
	bool measuring;
	const struct options *options;
	struct result *result;
};
void window_open(struct window *window, const struct options *options, struct result *result);
/* False when the measured time is over. */
bool window_advance(struct window *window, uint64_t now);
void print_result(const struct result *result);

/* net.c */
uint64_t now(void);
void fail(const char *what);
void *allocate(size_t bytes);
int connect_blocking(const struct options *options);
int connect_begin(const struct options *options, unsigned source);
void set_nonblocking(int fd);
void close_abruptly(int fd);
/* `copies` messages in a row. */
char *make_messages(const struct options *options, int copies);
bool send_all(int fd, const char *bytes, size_t length);
bool receive_all(int fd, char *bytes, size_t length);

#endif
