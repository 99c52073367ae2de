"""The original's shape: a thread for each client, recv(1024)."""

import socket
import sys
import threading


def handle_client(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client:
        try:
            while message := client.recv(1024):
                client.sendall(message)
        except ConnectionError:
            pass


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with socket.create_server(("127.0.0.1", port), backlog=4096) as server:
        print("listening", server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            threading.Thread(target=handle_client, args=(client,), daemon=True).start()


main()
