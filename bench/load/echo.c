#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	int fd;
	/* When each message in flight was sent: a ring, oldest first. */
	uint64_t *sent_at;
	unsigned oldest;
	/* Bytes received of the oldest message in flight. */
	size_t received;
	/* Bytes the kernel didn't take yet, and where in a message they begin. */
	size_t unsent;
	size_t unsent_from;
	bool waits_to_write;
};

static struct result result = { .mode = "echo" };
static char *messages;
static int epoll;

static void watch(struct client *client, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };
	if (epoll_ctl(epoll, operation, client->fd, &event) < 0)
		fail("epoll_ctl");
}

static void drop(struct client *client)
{
	result.errors++;
	close(client->fd);
	client->fd = -1;
}

static bool flush(const struct options *options, struct client *client)
{
	size_t total = options->size * (size_t)options->in_flight;
	while (client->unsent > 0) {
		size_t length = total - client->unsent_from;
		if (length > client->unsent)
			length = client->unsent;
		ssize_t sent = send(client->fd, messages + client->unsent_from, length, MSG_NOSIGNAL);
		if (sent < 0)
			break;
		client->unsent -= (size_t)sent;
		client->unsent_from = (client->unsent_from + (size_t)sent) % options->size;
	}
	if (client->unsent > 0 && errno != EAGAIN)
		return false;
	if ((client->unsent > 0) != client->waits_to_write) {
		client->waits_to_write = client->unsent > 0;
		watch(client, EPOLL_CTL_MOD, client->waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
	return true;
}

/* False when the connection ended, or what came isn't what was sent. */
static bool take(const struct options *options, struct client *client, uint64_t time)
{
	static char bytes[READ_BYTES];
	ssize_t length = recv(client->fd, bytes, sizeof bytes, 0);
	if (length < 0)
		return errno == EAGAIN;
	size_t due = options->size * (size_t)options->in_flight - client->received;
	if (length == 0 || (size_t)length > due || memcmp(bytes, messages + client->received, (size_t)length) != 0)
		return false;
	size_t complete = (client->received + (size_t)length) / options->size;
	client->received = (client->received + (size_t)length) % options->size;
	for (size_t i = 0; i < complete; i++) {
		histogram_add(&result.latency, time - client->sent_at[client->oldest]);
		client->sent_at[client->oldest] = time;
		client->oldest = (client->oldest + 1) % (unsigned)options->in_flight;
	}
	client->unsent += complete * options->size;
	return flush(options, client);
}

static struct client *connect_clients(const struct options *options)
{
	struct client *clients = allocate(sizeof *clients * (size_t)options->clients);
	for (int i = 0; i < options->clients; i++) {
		struct client *client = &clients[i];
		client->fd = connect_blocking(options);
		client->sent_at = allocate(sizeof(uint64_t) * (size_t)options->in_flight);
		set_nonblocking(client->fd);
		watch(client, EPOLL_CTL_ADD, EPOLLIN);
	}
	for (int i = 0; i < options->clients; i++) {
		uint64_t time = now();
		for (int slot = 0; slot < options->in_flight; slot++)
			clients[i].sent_at[slot] = time;
		clients[i].unsent = options->size * (size_t)options->in_flight;
		if (!flush(options, &clients[i]))
			drop(&clients[i]);
	}
	return clients;
}

/* Each client keeps its messages in flight: one that is back is sent again at once. */
void run_echo(const struct options *options)
{
	struct epoll_event events[256];
	struct window window;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	messages = make_messages(options, options->in_flight);
	connect_clients(options);
	window_open(&window, options, &result);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, options->wait);
		if (!window_advance(&window, now()))
			break;
		for (int i = 0; i < count; i++) {
			struct client *client = events[i].data.ptr;
			bool healthy = true;
			if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				healthy = take(options, client, now());
			if (healthy && events[i].events & EPOLLOUT)
				healthy = flush(options, client);
			if (!healthy)
				drop(client);
		}
	}
	print_result(&result);
}
