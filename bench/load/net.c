#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOURCES 100

uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "failed");
	exit(1);
}

void *allocate(size_t bytes)
{
	void *memory = calloc(1, bytes);
	if (!memory)
		fail("memory");
	return memory;
}

void set_nonblocking(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		fail("fcntl");
}

static void set_no_delay(int fd)
{
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int connect_blocking(const struct options *options)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail("socket");
	struct timeval patience = { .tv_sec = PATIENCE / SECOND };
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	set_no_delay(fd);
	if (connect(fd, (const struct sockaddr *)&options->address, sizeof options->address) < 0)
		fail("connect");
	return fd;
}

/*
 * Begins to connect; -1 when there is no way to. The closing side keeps its port in TIME_WAIT, so that one source
 * address would run out of ports within seconds: loopback has 16 million more.
 */
int connect_begin(const struct options *options, unsigned source)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	int on = 1;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	set_no_delay(fd);
	struct sockaddr_in from = { .sin_family = AF_INET };
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + source % SOURCES);
	bool begun = bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
		     (connect(fd, (const struct sockaddr *)&options->address, sizeof options->address) == 0 ||
		      errno == EINPROGRESS);
	if (begun)
		return fd;
	close(fd);
	return -1;
}

void close_abruptly(int fd)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	close(fd);
}

char *make_messages(const struct options *options, int copies)
{
	char *messages = allocate(options->size * (size_t)copies);
	for (int copy = 0; copy < copies; copy++) {
		char *message = messages + options->size * (size_t)copy;
		for (size_t i = 0; i < options->size; i++)
			message[i] = (char)('a' + i % 26);
		if (options->lines)
			message[options->size - 1] = '\n';
	}
	return messages;
}

bool send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

bool receive_all(int fd, char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t received = recv(fd, bytes, length, 0);
		if (received <= 0)
			return false;
		bytes += received;
		length -= (size_t)received;
	}
	return true;
}
