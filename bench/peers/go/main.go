// A goroutine for each client, with a buffer of 64 KiB; GOMAXPROCS comes from the environment.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"sync"
)

// Without it, short-lived clients would measure the garbage collector.
var buffers = sync.Pool{New: func() any { return new([65536]byte) }}

func main() {
	port := "0"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(client)
	}
}

func echo(client net.Conn) {
	defer client.Close()
	buffer := buffers.Get().(*[65536]byte)
	defer buffers.Put(buffer)
	for {
		length, err := client.Read(buffer[:])
		if err != nil {
			return
		}
		if _, err := client.Write(buffer[:length]); err != nil {
			return
		}
	}
}
