#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define ID_BYTES 24
#define SPIN_EVERY (3 * SECOND)

struct client {
	int fd;
	/* Shares its server thread with the spinner. */
	bool same;
	bool waits;
	uint64_t due;
	size_t received;
};

static struct histogram all, same, others;
static uint64_t errors;
static char *message;

/* Asks the server which thread serves this connection. */
static void ask_thread(const struct options *options, int fd, char id[ID_BYTES])
{
	char reply[READ_BYTES];
	message[0] = 'W';
	if (!send_all(fd, message, options->size) || !receive_all(fd, reply, options->size))
		fail("thread of a connection");
	memcpy(id, reply, ID_BYTES);
	message[0] = 'a';
}

static void ping(const struct options *options, struct client *client)
{
	if (send_all(client->fd, message, options->size))
		client->waits = true;
	else
		errors++;
}

/* Latency counts from the time the ping was due: one that a stall held back has waited too. */
static void pong(const struct options *options, struct client *client)
{
	char bytes[READ_BYTES];
	ssize_t length = recv(client->fd, bytes, options->size - client->received, MSG_DONTWAIT);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0 || memcmp(bytes, message + client->received, (size_t)length) != 0)
		fail("a connection ended, or a wrong echo came");
	client->received += (size_t)length;
	if (client->received < options->size)
		return;
	client->received = 0;
	client->waits = false;
	uint64_t latency = now() - client->due;
	histogram_add(&all, latency);
	histogram_add(client->same ? &same : &others, latency);
	client->due += options->interval;
}

static int send_due(const struct options *options, struct client *clients, uint64_t time, uint64_t end)
{
	int waiting = 0;
	for (int i = 0; i < options->clients; i++) {
		struct client *client = &clients[i];
		if (!client->waits && client->due <= time && client->due < end)
			ping(options, client);
		waiting += client->waits || client->due < end;
	}
	return waiting;
}

static void spin(const struct options *options, int spinner)
{
	char reply[READ_BYTES];
	/* Empties what came back of the spins before. */
	while (recv(spinner, reply, sizeof reply, MSG_DONTWAIT) > 0)
		;
	message[0] = 'S';
	if (!send_all(spinner, message, options->size))
		errors++;
	message[0] = 'a';
}

static void print(const char *name, const struct histogram *histogram)
{
	printf(",\"%s\":{", name);
	histogram_print(histogram);
	printf("}");
}

/* Clients ping at a low rate while one more makes its handler spin every 3 s. */
void run_ping(const struct options *options)
{
	char id[ID_BYTES], spinner_id[ID_BYTES];
	struct client *clients = allocate(sizeof *clients * (size_t)options->clients);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	message = make_messages(options, 1);
	int spinner = connect_blocking(options);
	ask_thread(options, spinner, spinner_id);
	for (int i = 0; i < options->clients; i++) {
		struct client *client = &clients[i];
		client->fd = connect_blocking(options);
		ask_thread(options, client->fd, id);
		client->same = memcmp(id, spinner_id, ID_BYTES) == 0;
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
			fail("epoll_ctl");
	}
	uint64_t began = now(), next_spin = began + options->warm_up;
	uint64_t end = next_spin + options->duration, time;
	for (int i = 0; i < options->clients; i++)
		clients[i].due = began + options->interval * (uint64_t)i / (uint64_t)options->clients;
	while ((time = now()) < end + PATIENCE) {
		if (time >= next_spin && time < end) {
			spin(options, spinner);
			next_spin += SPIN_EVERY;
		}
		if (send_due(options, clients, time, end) == 0)
			break;
		struct epoll_event events[256];
		int count = epoll_wait(epoll, events, 256, 1);
		for (int i = 0; i < count; i++)
			pong(options, events[i].data.ptr);
	}
	for (int i = 0; i < options->clients; i++)
		errors += clients[i].waits;
	printf("{\"mode\":\"ping\",\"errors\":%llu", (unsigned long long)errors);
	print("all", &all);
	print("same", &same);
	print("others", &others);
	printf("}\n");
}
