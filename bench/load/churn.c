#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum state { CONNECTING, WAITS_FOR_ECHO, WAITS_FOR_END };

struct client {
	int fd;
	enum state state;
	uint64_t began;
	size_t received;
};

static struct result result = { .mode = "churn" };
static char *message;
static int epoll;

static void begin(const struct options *options, struct client *client)
{
	static unsigned source;
	client->state = CONNECTING;
	client->received = 0;
	client->began = now();
	client->fd = connect_begin(options, source++);
	if (client->fd < 0)
		fail("connect");
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = client };
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
		fail("epoll_ctl");
}

static bool connected(const struct options *options, struct client *client)
{
	if (!send_all(client->fd, message, options->size))
		return false;
	client->state = WAITS_FOR_ECHO;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
	return epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event) == 0;
}

/* The client is the first to close, with FIN; the connection counts when the server has closed its side too. */
static bool readable(const struct options *options, struct client *client, bool *ended)
{
	char bytes[READ_BYTES];
	ssize_t length = recv(client->fd, bytes, sizeof bytes, 0);
	if (length < 0)
		return errno == EAGAIN;
	if (client->state == WAITS_FOR_END) {
		*ended = true;
		return length == 0;
	}
	if (length == 0 || client->received + (size_t)length > options->size ||
	    memcmp(bytes, message + client->received, (size_t)length) != 0)
		return false;
	client->received += (size_t)length;
	if (client->received == options->size) {
		client->state = WAITS_FOR_END;
		/* Latency: from connect to the whole echo. */
		histogram_add(&result.latency, now() - client->began);
		shutdown(client->fd, SHUT_WR);
	}
	return true;
}

/* Each client connects, has one message echoed, closes, and connects again. */
void run_churn(const struct options *options)
{
	struct epoll_event events[256];
	struct window window;
	struct client *clients = allocate(sizeof *clients * (size_t)options->clients);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	message = make_messages(options, 1);
	window_open(&window, options, &result);
	for (int i = 0; i < options->clients; i++)
		begin(options, &clients[i]);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, options->wait);
		if (!window_advance(&window, now()))
			break;
		for (int i = 0; i < count; i++) {
			struct client *client = events[i].data.ptr;
			bool ended = false;
			bool healthy = client->state == CONNECTING ? connected(options, client) :
								     readable(options, client, &ended);
			if (healthy && !ended)
				continue;
			if (!healthy && ++result.errors > 1000)
				fail("more than 1,000 errors");
			close(client->fd);
			begin(options, client);
		}
	}
	print_result(&result);
}
