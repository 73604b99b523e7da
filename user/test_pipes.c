// SPDX-License-Identifier: MIT
/* test_pipes: pipes' sizes and atomicity, FIFOs, splice, tee, vmsplice, sendfile. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "ktap.h"
#include "nap.h"

#define MS 1000000l
#define PAGE 4096
#define BIG 200000
#define FILE_A "/test_pipes.a"
#define FILE_B "/test_pipes.b"
#define FIFO "/test_pipes.fifo"

static char big[BIG], back[BIG];

static void fill(void)
{
	for (int i = 0; i < BIG; i++)
		big[i] = (char)(i * 31 >> 3);
}

static void make(int pair[2], int flags)
{
	CHECK_EQ(pipe2(pair, flags), 0);
}

static int queued(int fd)
{
	int n = -1;

	CHECK_EQ(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

static int file(const char *path, size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, big, size), (long)size);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void pipe_sizes(void)
{
	int pair[2];

	fill();
	make(pair, O_NONBLOCK);
	CHECK_EQ(fcntl(pair[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(write(pair[1], big, BIG), 65536);
	CHECK_FAILS(write(pair[1], "x", 1), EAGAIN);
	CHECK_EQ(queued(pair[0]), 65536);
	CHECK_FAILS(fcntl(pair[1], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(pair[1], F_SETPIPE_SZ, 100000), 131072);
	CHECK_EQ(fcntl(pair[0], F_GETPIPE_SZ), 131072);
	CHECK_EQ(write(pair[1], big + 65536, BIG - 65536), 65536);
	CHECK_EQ(read(pair[0], back, 50000), 50000);
	CHECK_EQ(write(pair[1], big + 131072, 45056), 45056);
	CHECK_EQ(fcntl(pair[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_EQ(read(pair[0], back + 50000, BIG), 126128);
	CHECK(memcmp(big, back, 176128) == 0);
	CHECK_EQ(fcntl(pair[1], F_SETPIPE_SZ, 1), 4096);
	CHECK_EQ(write(pair[1], big, BIG), 4096);
	CHECK_EQ(read(pair[0], back, BIG), 4096);
	CHECK_FAILS(fcntl(0, F_SETPIPE_SZ, 4096), EBADF);
	CHECK_FAILS(fcntl(file(FILE_A, 10), F_GETPIPE_SZ), EBADF);
	unlink(FILE_A);
}

/* Writes of PIPE_BUF bytes and fewer are not mixed with others. */
static void pipe_writes_are_whole(void)
{
	enum { WRITERS = 3, ROUNDS = 60, SIZE = 3000 };
	static char line[SIZE];
	int pair[2], counts[WRITERS] = { 0 };

	make(pair, 0);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() == 0) {
			memset(line, 'a' + w, SIZE);
			for (int i = 0; i < ROUNDS; i++)
				if (write(pair[1], line, SIZE) != SIZE)
					_exit(1);
			_exit(0);
		}
	}
	close(pair[1]);
	for (;;) {
		int got = 0, n;

		while (got < SIZE && (n = read(pair[0], line + got, SIZE - got)) > 0)
			got += n;
		if (!got)
			break;
		CHECK_EQ(got, SIZE);
		for (int i = 1; i < SIZE; i++)
			CHECK_EQ(line[i], line[0]);
		counts[line[0] - 'a']++;
	}
	for (int w = 0; w < WRITERS; w++) {
		CHECK_EQ(counts[w], ROUNDS);
		wait(NULL);
	}
}

static void pipe_polls(void)
{
	struct pollfd p[2];
	int pair[2];

	make(pair, O_NONBLOCK);
	p[0] = (struct pollfd){ .fd = pair[0], .events = POLLIN | POLLOUT };
	p[1] = (struct pollfd){ .fd = pair[1], .events = POLLIN | POLLOUT };
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(write(pair[1], big, 65536), 65536);
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN);
	CHECK_EQ(read(pair[0], back, 65536), 65536);
	close(pair[1]);
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLHUP);
	CHECK_EQ(read(pair[0], back, 1), 0);
	make(pair, 0);
	close(pair[0]);
	p[0] = (struct pollfd){ .fd = pair[1], .events = POLLOUT };
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLOUT | POLLERR);
	signal(SIGPIPE, SIG_IGN);
	CHECK_FAILS(write(pair[1], "x", 1), EPIPE);
	CHECK_FAILS(syscall(SYS_pipe2, pair, 1), EINVAL);
	CHECK_FAILS(syscall(SYS_pipe2, NULL, 0), EFAULT);
	CHECK_FAILS(lseek(pair[1], 0, SEEK_SET), ESPIPE);
}

static void fifo_opens(void)
{
	int in, out, both, status;
	pid_t pid;
	char c;

	unlink(FIFO);
	CHECK_EQ(mkfifo(FIFO, 0600), 0);
	CHECK_FAILS(open(FIFO, O_WRONLY | O_NONBLOCK), ENXIO);
	in = open(FIFO, O_RDONLY | O_NONBLOCK);
	CHECK(in >= 0);
	CHECK_EQ(read(in, &c, 1), 0);
	out = open(FIFO, O_WRONLY | O_NONBLOCK);
	CHECK(out >= 0);
	CHECK_FAILS(read(in, &c, 1), EAGAIN);
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_EQ(read(in, &c, 1), 1);
	close(in);
	close(out);
	pid = fork();
	if (pid == 0) {
		out = open(FIFO, O_WRONLY);
		_exit(write(out, "y", 1) != 1);
	}
	nap_ms(20);
	in = open(FIFO, O_RDONLY);
	CHECK_EQ(read(in, &c, 1), 1);
	CHECK_EQ(c, 'y');
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(in, &c, 1), 0);
	close(in);
	both = open(FIFO, O_RDWR);
	CHECK_EQ(write(both, "z", 1), 1);
	CHECK_EQ(read(both, &c, 1), 1);
	close(both);
	unlink(FIFO);
}

/* ---- splice and its like ------------------------------------------------------ */

static void splice_from_and_to_files(void)
{
	int pair[2], a, b;
	loff_t at = 1000, to = 5;
	size_t got = 0;

	fill();
	a = file(FILE_A, 100000);
	b = file(FILE_B, 0);
	make(pair, 0);
	CHECK_EQ(splice(a, NULL, pair[1], NULL, 10000, 0), 10000);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 10000);
	CHECK_EQ(splice(a, &at, pair[1], NULL, 10000, 0), 10000);
	CHECK_EQ(at, 11000);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 10000);
	CHECK_EQ(queued(pair[0]), 20000);
	CHECK_EQ(splice(pair[0], NULL, b, NULL, 10000, 0), 10000);
	CHECK_EQ(splice(pair[0], NULL, b, &to, 10000, 0), 10000);
	CHECK_EQ(to, 10005);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 10000);
	CHECK_EQ(pread(b, back, BIG, 0), 10005);
	CHECK(memcmp(back, big, 5) == 0 && memcmp(back + 5, big + 1000, 10000) == 0);
	/* No more than there is room for; to the end of the file. */
	while (got < 90000) {
		long n = splice(a, NULL, pair[1], NULL, 90000 - got, SPLICE_F_NONBLOCK);

		CHECK(n > 0 && n <= 65536);
		CHECK_EQ(read(pair[0], back + got, n), n);
		got += n;
	}
	CHECK(memcmp(back, big + 10000, 90000) == 0);
	CHECK_EQ(splice(a, NULL, pair[1], NULL, 10, 0), 0);
	CHECK_FAILS(splice(pair[0], NULL, b, NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
	close(pair[1]);
	CHECK_EQ(splice(pair[0], NULL, b, NULL, 10, 0), 0);
	unlink(FILE_A);
	unlink(FILE_B);
}

static void splice_refuses(void)
{
	int pair[2], other[2], a = file(FILE_A, 100);
	struct iovec piece = { back, 1 };
	loff_t at = 0;

	make(pair, 0);
	make(other, 0);
	CHECK_FAILS(splice(a, NULL, a, NULL, 10, 0), EINVAL);
	CHECK_FAILS(splice(a, NULL, pair[0], NULL, 10, 0), EBADF);
	CHECK_FAILS(splice(99, NULL, pair[1], NULL, 10, 0), EBADF);
	CHECK_FAILS(splice(pair[0], &at, a, NULL, 10, 0), ESPIPE);
	CHECK_FAILS(splice(a, NULL, pair[1], &at, 10, 0), ESPIPE);
	CHECK_FAILS(splice(a, NULL, pair[1], NULL, 10, 0x100), EINVAL);
	CHECK_FAILS(splice(pair[0], NULL, pair[1], NULL, 10, 0), EINVAL);
	CHECK_FAILS(tee(a, pair[1], 10, 0), EINVAL);
	CHECK_FAILS(tee(pair[0], pair[1], 10, 0), EINVAL);
	CHECK_FAILS(tee(pair[0], 99, 10, 0), EBADF);
	CHECK_EQ(vmsplice(a, NULL, 0, 0), 0);
	CHECK_FAILS(vmsplice(a, &piece, 1, 0), EBADF);
	CHECK_EQ(splice(a, NULL, pair[1], NULL, 0, 0), 0);
	CHECK_FAILS(syscall(SYS_splice, a, 8, pair[1], NULL, 10, 0), EFAULT);
	unlink(FILE_A);
}

static void splice_between_pipes(void)
{
	int from[2], to[2], copy[2];

	fill();
	make(from, 0);
	make(to, O_NONBLOCK);
	make(copy, 0);
	CHECK_EQ(write(from[1], big, 20000), 20000);
	CHECK_EQ(tee(from[0], copy[1], 15000, 0), 15000);
	CHECK_EQ(queued(from[0]), 20000);
	CHECK_EQ(splice(from[0], NULL, to[1], NULL, 12000, 0), 12000);
	CHECK_EQ(queued(from[0]), 8000);
	CHECK_EQ(read(copy[0], back, BIG), 15000);
	CHECK(memcmp(back, big, 15000) == 0);
	CHECK_EQ(read(to[0], back, BIG), 12000);
	CHECK_EQ(splice(from[0], NULL, to[1], NULL, 12000, 0), 8000);
	CHECK_EQ(read(to[0], back + 12000, BIG), 8000);
	CHECK(memcmp(back, big, 20000) == 0);
	CHECK_FAILS(splice(from[0], NULL, to[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_FAILS(tee(from[0], copy[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(write(from[1], "x", 1), 1);
	close(to[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_FAILS(splice(from[0], NULL, to[1], NULL, 1, 0), EPIPE);
	close(from[1]);
	CHECK_EQ(read(from[0], back, 2), 1);
	CHECK_EQ(splice(from[0], NULL, copy[1], NULL, 1, 0), 0);
}

static void vmsplice_both_ways(void)
{
	struct iovec iov[2] = { { (char *)"hello ", 6 }, { (char *)"world", 5 } };
	int pair[2];
	char a[4], b[10];

	make(pair, 0);
	CHECK_EQ(vmsplice(pair[1], iov, 2, 0), 11);
	CHECK_EQ(queued(pair[0]), 11);
	iov[0] = (struct iovec){ a, 4 };
	iov[1] = (struct iovec){ b, 10 };
	CHECK_EQ(vmsplice(pair[0], iov, 2, 0), 11);
	CHECK(memcmp(a, "hell", 4) == 0 && memcmp(b, "o world", 7) == 0);
	CHECK_FAILS(vmsplice(pair[0], iov, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_FAILS(vmsplice(pair[1], (void *)8, 1, 0), EFAULT);
	CHECK_FAILS(vmsplice(pair[1], iov, 1025, 0), EINVAL);
}

static void sendfile_copies(void)
{
	int a, b, pair[2];
	off_t at = 100;

	fill();
	a = file(FILE_A, 50000);
	b = file(FILE_B, 0);
	CHECK_EQ(sendfile(b, a, NULL, 20000), 20000);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 20000);
	CHECK_EQ(sendfile(b, a, &at, 1000), 1000);
	CHECK_EQ(at, 1100);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 20000);
	CHECK_EQ(sendfile(b, a, NULL, 1000000), 30000);
	CHECK_EQ(sendfile(b, a, NULL, 10), 0);
	CHECK_EQ(pread(b, back, BIG, 0), 51000);
	CHECK(memcmp(back, big, 20000) == 0 && memcmp(back + 20000, big + 100, 1000) == 0);
	CHECK(memcmp(back + 21000, big + 20000, 30000) == 0);
	make(pair, 0);
	CHECK_EQ(lseek(a, 0, SEEK_SET), 0);
	CHECK_EQ(sendfile(pair[1], a, NULL, 3000), 3000);
	CHECK_EQ(read(pair[0], back, BIG), 3000);
	CHECK(memcmp(back, big, 3000) == 0);
	CHECK_FAILS(sendfile(b, pair[0], NULL, 10), EINVAL);
	CHECK_FAILS(sendfile(b, 99, NULL, 10), EBADF);
	CHECK_FAILS(sendfile(open(FILE_B, O_RDONLY), a, NULL, 10), EBADF);
	CHECK_FAILS(sendfile(open(FILE_B, O_WRONLY | O_APPEND), a, NULL, 10), EINVAL);
	at = -1;
	CHECK_FAILS(sendfile(b, a, &at, 10), EINVAL);
	CHECK_FAILS(syscall(SYS_sendfile, b, a, 8, 10), EFAULT);
	unlink(FILE_A);
	unlink(FILE_B);
}

/* It went on to its end, and the module that copies was taken for one in a loop. */
static void long_sendfile_can_be_killed(void)
{
	struct timespec soon = { .tv_nsec = 50000000 };
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);

		for (;;)
			sendfile(null, zero, NULL, 0x7ffff000);
	}
	nanosleep(&soon, NULL);
	kill(pid, SIGKILL);
	CHECK_EQ(wait4(pid, &status, 0, &usage), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec < 3);
}

static void copy_file_range_copies(void)
{
	int a, b, pair[2];
	loff_t from = 10, to = 20;

	fill();
	a = file(FILE_A, 30000);
	b = file(FILE_B, 0);
	CHECK_EQ(copy_file_range(a, NULL, b, NULL, 10000, 0), 10000);
	CHECK_EQ(copy_file_range(a, &from, b, &to, 5000, 0), 5000);
	CHECK_EQ(from, 5010);
	CHECK_EQ(to, 5020);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 10000);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 10000);
	CHECK_EQ(copy_file_range(a, NULL, b, NULL, 100000, 0), 20000);
	CHECK_EQ(copy_file_range(a, NULL, b, NULL, 10, 0), 0);
	CHECK_EQ(pread(b, back, BIG, 0), 30000);
	CHECK(memcmp(back, big, 20) == 0 && memcmp(back + 20, big + 10, 5000) == 0);
	CHECK(memcmp(back + 5020, big + 5020, 24980) == 0);
	make(pair, 0);
	CHECK_FAILS(copy_file_range(a, NULL, pair[1], NULL, 10, 0), EINVAL);
	CHECK_FAILS(copy_file_range(a, NULL, b, NULL, 10, 1), EINVAL);
	CHECK_FAILS(copy_file_range(a, NULL, 99, NULL, 10, 0), EBADF);
	CHECK_FAILS(copy_file_range(a, NULL, open("/", O_RDONLY), NULL, 10, 0), EISDIR);
	CHECK_FAILS(copy_file_range(a, NULL, open(FILE_B, O_RDONLY), NULL, 10, 0), EBADF);
	unlink(FILE_A);
	unlink(FILE_B);
}

/* Packets: a read takes one, and what it has no room for is lost. */
static void packets(void)
{
	char buf[8192] = "";
	int p[2], queued, n = 0;

	CHECK_EQ(pipe2(p, O_DIRECT | O_NONBLOCK), 0);
	CHECK(fcntl(p[1], F_GETFL) & O_DIRECT);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(write(p[1], "defgh", 5), 5);
	CHECK_EQ(write(p[1], "ij", 2), 2);
	CHECK_EQ(ioctl(p[0], FIONREAD, &queued), 0);
	CHECK_EQ(queued, 10);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 3);
	CHECK_EQ(read(p[0], buf, 2), 2);
	CHECK(memcmp(buf, "de", 2) == 0);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 2);
	CHECK(memcmp(buf, "ij", 2) == 0);
	CHECK_FAILS(read(p[0], buf, 1), EAGAIN);
	/* More than PIPE_BUF is several. */
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(write(p[1], buf, 5000), 5000);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 4096);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 904);
	/* Each has a page. */
	while (write(p[1], "1", 1) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 16);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 1);
	CHECK_EQ(write(p[1], "12", 2), 2);
	for (int i = 1; i < 16; i++)
		CHECK_EQ(read(p[0], buf, sizeof(buf)), 1);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 2);
}

/* Bytes and packets, one after the other. */
static void packets_among_bytes(void)
{
	char buf[4096] = "";
	int p[2], queued;

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	memset(buf, 's', sizeof(buf));
	CHECK_EQ(write(p[1], buf, 4086), 4086);
	CHECK_EQ(fcntl(p[1], F_SETFL, O_DIRECT | O_NONBLOCK), 0);
	/* It fits into the page of the others. */
	CHECK_EQ(write(p[1], "stream", 6), 6);
	CHECK_EQ(write(p[1], "packet", 6), 6);
	CHECK_EQ(write(p[1], "second", 6), 6);
	CHECK_EQ(fcntl(p[1], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(write(p[1], "more", 4), 4);
	CHECK_EQ(ioctl(p[0], FIONREAD, &queued), 0);
	CHECK_EQ(queued, 4086 + 22);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 1 << 18), 1 << 18);
	CHECK_EQ(read(p[0], buf, 4089), 4089);
	CHECK_EQ(read(p[0], buf, 3), 3);
	CHECK(memcmp(buf, "eam", 3) == 0);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 6);
	CHECK(memcmp(buf, "packet", 6) == 0);
	CHECK_EQ(read(p[0], buf, 4), 4);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 4);
	CHECK(memcmp(buf, "more", 4) == 0);
	CHECK_FAILS(read(p[0], buf, 1), EAGAIN);
}

static const struct ktap_test tests[] = {
	TEST(packets), TEST(packets_among_bytes),
	TEST(pipe_sizes), TEST(pipe_writes_are_whole), TEST(pipe_polls), TEST(fifo_opens),
	TEST(splice_from_and_to_files), TEST(splice_refuses), TEST(splice_between_pipes),
	TEST(vmsplice_both_ways), TEST(sendfile_copies), TEST(long_sendfile_can_be_killed),
	TEST(copy_file_range_copies),
};

int main(int argc, char **argv)
{
	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
