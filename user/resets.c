// SPDX-License-Identifier: MIT
/*
 * resets: kills a module (argv[1]) while programs use it, and checks what they see:
 * bytes through a pipe, counts of an eventfd, ticks of timers, what epoll tells,
 * messages of a queue.
 * argv[2] is the word for /sys/module/NAME/inject.
 */
#define _GNU_SOURCE
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "ktap.h"
#include "nap.h"
#include "resets.h"

#define MS 1000000l
#define BYTES (2u << 20)
#define ROUNDS 3000
#define LIMIT_S 30		/* then a test has failed */

static const char *module, *word;
static volatile int alarms;

/*
 * Kills the module once, after `ms`, in a process of its own. What the test before
 * it wanted is taken back: a call that two resets interrupt fails.
 */
static void kill_module(long ms)
{
	inject(module, "never");
	alarm(LIMIT_S);
	if (fork())
		return;
	nap_ms(ms);
	inject(module, word);
	_exit(0);
}

static unsigned char byte_at(unsigned i)
{
	return i * 7 + (i >> 8);
}

static void pump(int in, int out)
{
	static unsigned char buf[70000];
	unsigned at = 0, size = 1;
	pid_t writer = fork();
	int status, n;

	if (writer == 0) {
		while (at < BYTES) {
			size = (size * 1103515245 + 12345) % (size & 1 ? 5000 : 70000) + 1;
			if (size > BYTES - at)
				size = BYTES - at;
			for (unsigned i = 0; i < size; i++)
				buf[i] = byte_at(at + i);
			n = write(out, buf, size);
			if (n != (int)size) {
				printf("# write of %u: %d, errno %d\n", size, n, errno);
				_exit(1);
			}
			at += n;
		}
		_exit(0);
	}
	close(out);
	while ((n = read(in, buf, (size = size * 31 % 30000 + 1))) > 0)
		for (int i = 0; i < n; i++, at++)
			if (buf[i] != byte_at(at))
				FAIL("byte %u is %u, not %u", at, buf[i], byte_at(at));
	CHECK_EQ(n, 0);
	CHECK_EQ(at, BYTES);
	CHECK_EQ(waitpid(writer, &status, 0), writer);
	CHECK_EQ(status, 0);
}

static void pipe_keeps_its_bytes(void)
{
	int pair[2];

	CHECK_EQ(pipe(pair), 0);
	kill_module(40);
	pump(pair[0], pair[1]);
}

static void eventfd_keeps_its_count(void)
{
	int a = eventfd(0, EFD_SEMAPHORE), b = eventfd(0, 0), status;
	uint64_t one = 1, sum = 0, got;
	pid_t pid;

	kill_module(40);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < ROUNDS; i++)
			if (read(a, &got, 8) != 8 || write(b, &one, 8) != 8)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(write(a, &one, 8), 8);
	while (sum < ROUNDS) {
		CHECK_EQ(read(b, &got, 8), 8);
		sum += got;
	}
	CHECK_EQ(sum, ROUNDS);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void timers_go_on(void)
{
	struct itimerspec t = { { 0, 20 * MS }, { 0, 20 * MS } };
	struct itimerval v = { { 0, 30000 }, { 0, 30000 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), epfd = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN };
	uint64_t ticks, sum = 0;

	kill_module(100);
	signal(SIGALRM, on_alarm);
	CHECK_EQ(timerfd_settime(timer, 0, &t, NULL), 0);
	CHECK_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, timer, &e), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &v, NULL), 0);
	while (sum < 25 || alarms < 10) {
		int n = epoll_wait(epfd, &e, 1, 5000);

		if (n < 0 && errno == EINTR)
			continue;
		CHECK_EQ(n, 1);
		n = read(timer, &ticks, 8);
		if (n < 0 && errno == EINTR)
			continue;
		CHECK_EQ(n, 8);
		sum += ticks;
	}
}

/* Each message comes once, in its turn, whole. */
static void queue_keeps_its_messages(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 4000 };
	mqd_t q = mq_open("/resets", O_CREAT | O_RDWR, 0600, &attr);
	static unsigned char out[4000], in[4000];
	int status;
	pid_t pid;

	CHECK(q >= 0);
	CHECK_EQ(mq_unlink("/resets"), 0);
	kill_module(40);
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 0; i < ROUNDS; i++) {
			memset(out, (int)i, sizeof(out));
			if (mq_send(q, (char *)out, 1 + i % sizeof(out), 0))
				_exit(1);
		}
		_exit(0);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		memset(out, (int)i, sizeof(out));
		CHECK_EQ(mq_receive(q, (char *)in, sizeof(in), NULL), 1 + i % sizeof(out));
		CHECK(memcmp(in, out, 1 + i % sizeof(out)) == 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static const struct ktap_test tests[] = {
	TEST(pipe_keeps_its_bytes), TEST(eventfd_keeps_its_count), TEST(timers_go_on),
	TEST(queue_keeps_its_messages),
};

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	module = argv[1];
	word = argv[2];
	resets_mount();
	return ktap_main(argc - 2, argv + 2, tests, sizeof(tests) / sizeof(tests[0]));
}
