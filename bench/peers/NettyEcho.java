import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;

/** One NIO event loop for accepting and serving. */
public final class NettyEcho {
	@Sharable
	private static final class Echo extends ChannelInboundHandlerAdapter {
		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			context.write(message, context.voidPromise());
		}

		@Override
		public void channelReadComplete(ChannelHandlerContext context) {
			context.flush();
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			context.close();
		}
	}

	public static void main(String[] arguments) throws Exception {
		int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
		EventLoopGroup loop = new NioEventLoopGroup(1);
		Echo echo = new Echo();
		ServerBootstrap bootstrap = new ServerBootstrap()
			.group(loop)
			.channel(NioServerSocketChannel.class)
			.option(ChannelOption.SO_BACKLOG, 4096)
			.childOption(ChannelOption.TCP_NODELAY, true)
			.childHandler(new ChannelInitializer<SocketChannel>() {
				@Override
				protected void initChannel(SocketChannel channel) {
					channel.pipeline().addLast(echo);
				}
			});
		InetSocketAddress address =
			(InetSocketAddress) bootstrap.bind("127.0.0.1", port).sync().channel().localAddress();
		System.out.println("listening " + address.getPort());
	}
}
