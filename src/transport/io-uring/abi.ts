/**
 * The numbers of the kernel's interface, by the names and headers they have there. They are the same on x86-64 and arm64:
 * io_uring's system calls came after both had agreed on common numbers.
 */

// asm-generic/unistd.h
export const NR_io_uring_setup = 425;
export const NR_io_uring_enter = 426;
export const NR_io_uring_register = 427;

// linux/io_uring.h: io_uring_setup()
export const IORING_SETUP_CQSIZE = 1 << 3;
export const IORING_SETUP_R_DISABLED = 1 << 6;
export const IORING_SETUP_SUBMIT_ALL = 1 << 7;
export const IORING_SETUP_TASKRUN_FLAG = 1 << 9;
export const IORING_SETUP_SINGLE_ISSUER = 1 << 12;
export const IORING_SETUP_DEFER_TASKRUN = 1 << 13;
export const IORING_FEAT_SINGLE_MMAP = 1 << 0;
export const IORING_FEAT_NODROP = 1 << 1;
export const IORING_OFF_SQ_RING = 0;
export const IORING_OFF_SQES = 0x10000000;

/** Bytes and byte offsets of `struct io_uring_params`. */
export const PARAMS = { size: 120, sqEntries: 0, cqEntries: 4, flags: 8, features: 20, sqOff: 40, cqOff: 80 };
/** Byte offsets within `struct io_sqring_offsets`. */
export const SQ_OFFSETS = { tail: 4, ringMask: 8, flags: 16, array: 24 };
/** Byte offsets within `struct io_cqring_offsets`. */
export const CQ_OFFSETS = { head: 0, tail: 4, ringMask: 8, cqes: 20 };
export const SQE_BYTES = 64;
export const CQE_BYTES = 16;

// linux/io_uring.h: io_uring_enter()
export const IORING_ENTER_GETEVENTS = 1 << 0;
export const IORING_SQ_CQ_OVERFLOW = 1 << 1;
export const IORING_SQ_TASKRUN = 1 << 2;

// linux/io_uring.h: io_uring_register()
export const IORING_REGISTER_EVENTFD = 4;
export const IORING_REGISTER_ENABLE_RINGS = 12;
export const IORING_REGISTER_PBUF_RING = 22;
/** Bytes and byte offsets of `struct io_uring_buf_reg`. */
export const BUF_REG = { size: 40, ringAddr: 0, ringEntries: 8, bgid: 12 };
/** `struct io_uring_buf`: address, length, id; the ring's tail lies in the last two bytes of the first. */
export const BUF_BYTES = 16;

// linux/io_uring.h: operations
export const IORING_OP_ACCEPT = 13;
export const IORING_OP_ASYNC_CANCEL = 14;
export const IORING_OP_CONNECT = 16;
export const IORING_OP_CLOSE = 19;
export const IORING_OP_SEND = 26;
export const IORING_OP_RECV = 27;
export const IORING_OP_MSG_RING = 40;
export const IOSQE_BUFFER_SELECT = 1 << 5;
export const IORING_RECV_MULTISHOT = 1 << 1;
export const IORING_ACCEPT_MULTISHOT = 1 << 0;
export const IORING_CQE_F_MORE = 1 << 1;
export const IORING_CQE_BUFFER_SHIFT = 16;

// linux/mman.h, asm-generic/mman-common.h
export const PROT_READ_WRITE = 3;
export const MAP_SHARED_POPULATE = 0x8001;
export const MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;

// linux/socket.h, linux/in.h, linux/tcp.h, asm-generic/socket.h
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_KEEPALIVE = 9;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;
export const SHUT_RD = 0;
export const SHUT_WR = 1;

// linux/eventfd.h, asm-generic/fcntl.h
export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const F_DUPFD_CLOEXEC = 1030;

// asm-generic/errno-base.h, asm-generic/errno.h
export const EINTR = 4;
export const EAGAIN = 11;
export const EBUSY = 16;
export const ENOSYS = 38;
export const ENOBUFS = 105;
export const ECANCELED = 125;
