// SPDX-License-Identifier: MIT
/*
 * sockreset: UNIX sockets at work while their module is killed again and again
 * (/sys/module/unix/inject): a stream, ping-pong of messages, connections, and
 * files that are passed. Every byte is checked; no call may fail.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "resets.h"
#include "test_socket.h"

#define KILLS 6
#define PAUSE_MS 250		/* between two kills */

static volatile int *stop;

static int running(void)
{
	return !*stop;
}

/* Waits for the end of a partner, which must be a good one. */
static void join(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* Numbers in order, written and read in pieces that do not fit each other. */
static void stream(void)
{
	static unsigned int out[1000], in[777];
	unsigned int sent = 0, got = 0;
	int fd[2];
	ssize_t n;
	pid_t pid;

	make_pair(SOCK_STREAM, fd);
	pid = fork();
	if (pid == 0) {
		close(fd[1]);
		while (running()) {
			size_t count = 1 + sent % 1000;

			for (size_t i = 0; i < count; i++)
				out[i] = sent++;
			CHECK_EQ(write(fd[0], out, count * 4), (ssize_t)count * 4);
		}
		_exit(0);
	}
	close(fd[0]);
	while ((n = recv(fd[1], in, sizeof(in), MSG_WAITALL)) > 0) {
		CHECK_EQ(n % 4, 0);
		for (ssize_t i = 0; i < n / 4; i++)
			CHECK_EQ(in[i], got++);
	}
	CHECK_EQ(n, 0);
	CHECK(got > 1000);
	join(pid);
}

static void ping_pong(void)
{
	unsigned int n, count = 0;
	int fd[2];
	pid_t pid;

	make_pair(SOCK_SEQPACKET, fd);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		answer(fd[1]);
		_exit(0);
	}
	close(fd[1]);
	for (; running(); count += 2) {
		CHECK_EQ(write(fd[0], &count, sizeof(count)), sizeof(count));
		CHECK_EQ(read(fd[0], &n, sizeof(n)), sizeof(n));
		CHECK_EQ(n, count + 1);
	}
	close(fd[0]);
	CHECK(count > 10);
	join(pid);
}

static void connections(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/tmp/sockreset" };
	int listener = make(SOCK_STREAM), fd, count = 0;
	pid_t pid;

	unlink(a.sun_path);
	CHECK_EQ(bind(listener, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(listen(listener, 5), 0);
	pid = fork();
	if (pid == 0) {
		char c = 0;

		while (c != 'q') {
			fd = accept(listener, NULL, NULL);
			CHECK(fd >= 0);
			CHECK_EQ(read(fd, &c, 1), 1);
			CHECK_EQ(write(fd, &c, 1), 1);
			close(fd);
		}
		_exit(0);
	}
	for (char c = 'a'; c != 'q'; count++) {
		char back;

		c = running() ? 'a' + count % 10 : 'q';
		fd = make(SOCK_STREAM);
		CHECK_EQ(connect(fd, (void *)&a, sizeof(a)), 0);
		CHECK_EQ(write(fd, &c, 1), 1);
		CHECK_EQ(read(fd, &back, 1), 1);
		CHECK_EQ(back, c);
		CHECK_EQ(read(fd, &back, 1), 0);
		close(fd);
	}
	CHECK(count > 5);
	join(pid);
}

union control {
	struct cmsghdr h;
	char buf[CMSG_SPACE(sizeof(int))];
};

/* A pipe's end goes round: what comes out of it is what was put in. */
static void passed_files(void)
{
	int fd[2], p[2], count = 0;

	make_pair(SOCK_DGRAM, fd);
	for (; running(); count++) {
		union control u = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)),
					   .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
		char text[4] = "abc", got[4] = "";
		struct iovec iov = { text, 4 };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
				    .msg_controllen = sizeof(u.buf) };
		int end;

		CHECK_EQ(pipe(p), 0);
		memcpy(CMSG_DATA(&u.h), &p[0], sizeof(int));
		CHECK_EQ(sendmsg(fd[0], &m, 0), 4);
		close(p[0]);
		memset(&u, 0, sizeof(u));
		iov.iov_base = got;
		CHECK_EQ(recvmsg(fd[1], &m, 0), 4);
		CHECK_EQ(u.h.cmsg_type, SCM_RIGHTS);
		memcpy(&end, CMSG_DATA(&u.h), sizeof(int));
		CHECK_EQ(memcmp(got, "abc", 4), 0);
		CHECK_EQ(write(p[1], &count, sizeof(count)), sizeof(count));
		CHECK_EQ(read(end, got, 4), 4);
		CHECK_EQ(memcmp(got, &count, 4), 0);
		close(end);
		close(p[1]);
	}
	CHECK(count > 10);
}

static void all_while_killed(void)
{
	static void (*const work[])(void) = { stream, ping_pong, connections, passed_files };
	pid_t pid[4];

	if (access("/sys/module/unix/inject", F_OK))
		SKIP("faults cannot be injected");
	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			work[i]();
			_exit(0);
		}
	}
	for (int i = 0; i < KILLS; i++) {
		poll(NULL, 0, PAUSE_MS);
		inject("unix", i % 2 ? "inside" : "now");
	}
	poll(NULL, 0, PAUSE_MS);
	*stop = 1;
	for (int i = 0; i < 4; i++)
		join(pid[i]);
}

int main(int argc, char **argv)
{
	static const struct ktap_test tests[] = { TEST(all_while_killed) };

	mkdir("/tmp", 01777);
	resets_mount();
	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return ktap_main(argc, argv, tests, 1);
}
