/* The floor: one thread, epoll, one shared buffer, no allocation per message. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 65536
#define MAX_FDS 65536

/* What a client was slow to take; empty in a closed loop. */
struct pending {
	char *bytes;
	size_t length;
};

static struct pending pending[MAX_FDS];
static int epoll;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(int fd, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	if (epoll_ctl(epoll, operation, fd, &event) < 0)
		fail("epoll_ctl");
}

static int listen_on(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t length = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0)
		fail("listen");
	getsockname(fd, (struct sockaddr *)&address, &length);
	printf("listening %d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void accept_all(int listener)
{
	int fd, on = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (fd >= MAX_FDS) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		watch(fd, EPOLL_CTL_ADD, EPOLLIN);
	}
}

static void finish(int fd)
{
	free(pending[fd].bytes);
	pending[fd] = (struct pending){ 0 };
	close(fd);
}

/* Sends what it can and keeps the rest; reads nothing more until that is gone. */
static void send_back(int fd, const char *bytes, size_t length)
{
	ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		finish(fd);
		return;
	}
	size_t done = sent < 0 ? 0 : (size_t)sent;
	if (done == length)
		return;
	pending[fd].length = length - done;
	pending[fd].bytes = malloc(length - done);
	memcpy(pending[fd].bytes, bytes + done, length - done);
	watch(fd, EPOLL_CTL_MOD, EPOLLOUT);
}

static void writable(int fd)
{
	struct pending rest = pending[fd];
	pending[fd] = (struct pending){ 0 };
	watch(fd, EPOLL_CTL_MOD, EPOLLIN);
	send_back(fd, rest.bytes, rest.length);
	free(rest.bytes);
}

static void readable(int fd)
{
	static char buffer[BUFFER_BYTES];
	ssize_t length = recv(fd, buffer, sizeof buffer, 0);
	if (length > 0)
		send_back(fd, buffer, (size_t)length);
	else if (length == 0 || errno != EAGAIN)
		finish(fd);
}

int main(int argc, char **argv)
{
	struct epoll_event events[256];
	epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener = listen_on((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
	watch(listener, EPOLL_CTL_ADD, EPOLLIN);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == listener)
				accept_all(listener);
			else if (events[i].events & EPOLLOUT)
				writable(fd);
			else
				readable(fd);
		}
	}
}
