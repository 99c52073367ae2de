/* One libuv loop, one shared read buffer; a copy only for what a client is slow to take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static char buffer[65536];

static void check(int status, const char *what)
{
	if (status >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
	exit(1);
}

static void lend_buffer(uv_handle_t *client, size_t suggested, uv_buf_t *lent)
{
	(void)client;
	(void)suggested;
	*lent = uv_buf_init(buffer, sizeof buffer);
}

static void on_closed(uv_handle_t *client)
{
	free(client);
}

static void finish(uv_stream_t *client)
{
	if (!uv_is_closing((uv_handle_t *)client))
		uv_close((uv_handle_t *)client, on_closed);
}

static void on_read(uv_stream_t *client, ssize_t length, const uv_buf_t *read);

static void on_written(uv_write_t *request, int status)
{
	uv_stream_t *client = request->handle;
	free(request);
	if (status < 0)
		finish(client);
	else if (!uv_is_closing((uv_handle_t *)client))
		uv_read_start(client, lend_buffer, on_read);
}

/* The request and its bytes are one allocation. */
static void write_later(uv_stream_t *client, const char *bytes, size_t length)
{
	uv_write_t *request = malloc(sizeof *request + length);
	char *copy = (char *)(request + 1);
	memcpy(copy, bytes, length);
	uv_buf_t rest = uv_buf_init(copy, (unsigned)length);
	uv_read_stop(client);
	check(uv_write(request, client, &rest, 1, on_written), "write");
}

static void on_read(uv_stream_t *client, ssize_t length, const uv_buf_t *read)
{
	if (length < 0) {
		finish(client);
		return;
	}
	if (length == 0)
		return;
	uv_buf_t bytes = uv_buf_init(read->base, (unsigned)length);
	int written = uv_try_write(client, &bytes, 1);
	if (written < 0 && written != UV_EAGAIN) {
		finish(client);
		return;
	}
	if (written < 0)
		written = 0;
	if (written < length)
		write_later(client, read->base + written, (size_t)(length - written));
}

static void on_connection(uv_stream_t *server, int status)
{
	if (status < 0)
		return;
	uv_tcp_t *client = malloc(sizeof *client);
	check(uv_tcp_init(server->loop, client), "tcp");
	if (uv_accept(server, (uv_stream_t *)client) < 0) {
		finish((uv_stream_t *)client);
		return;
	}
	uv_tcp_nodelay(client, 1);
	uv_read_start((uv_stream_t *)client, lend_buffer, on_read);
}

int main(int argc, char **argv)
{
	uv_tcp_t server;
	struct sockaddr_in address;
	int length = sizeof address;
	uv_loop_t *loop = uv_default_loop();
	check(uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &address), "address");
	check(uv_tcp_init(loop, &server), "tcp");
	check(uv_tcp_bind(&server, (struct sockaddr *)&address, 0), "bind");
	check(uv_listen((uv_stream_t *)&server, 4096, on_connection), "listen");
	check(uv_tcp_getsockname(&server, (struct sockaddr *)&address, &length), "name");
	printf("listening %d\n", ntohs(address.sin_port));
	fflush(stdout);
	return uv_run(loop, UV_RUN_DEFAULT);
}
