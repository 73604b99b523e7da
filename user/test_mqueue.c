// SPDX-License-Identifier: MIT
/* test_mqueue: POSIX message queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "ktap.h"

#define NAME "/test"
#define SIZE 64

static volatile int got, got_code, got_value, got_pid;

static mqd_t make(int flags, long maxmsg, long size)
{
	struct mq_attr attr = { .mq_maxmsg = maxmsg, .mq_msgsize = size };
	mqd_t q;

	mq_unlink(NAME);
	q = mq_open(NAME, O_CREAT | O_EXCL | O_RDWR | flags, 0600, &attr);
	CHECK(q >= 0);
	return q;
}

static struct timespec after_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void names(void)
{
	mqd_t q = make(0, 2, SIZE), again;

	CHECK_FAILS(mq_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600, NULL), EEXIST);
	again = mq_open(NAME, O_RDONLY);
	CHECK(again >= 0 && again != q);
	CHECK(fcntl(again, F_GETFD) == FD_CLOEXEC);
	CHECK_EQ(mq_unlink(NAME), 0);
	CHECK_FAILS(mq_unlink(NAME), ENOENT);
	CHECK_FAILS(mq_open(NAME, O_RDWR), ENOENT);
	CHECK_FAILS(syscall(SYS_mq_open, "a/b", O_CREAT, 0600, NULL), EACCES);
	CHECK_FAILS(syscall(SYS_mq_open, "..", O_CREAT, 0600, NULL), EACCES);
	CHECK_FAILS(syscall(SYS_mq_open, "", O_CREAT, 0600, NULL), ENOENT);
	CHECK_FAILS(syscall(SYS_mq_open, (char *)8, O_CREAT, 0600, NULL), EFAULT);
	/* Without a name it goes on. */
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_FAILS(mq_send(again, "x", 1, 0), EBADF);
	CHECK_EQ(mq_close(q), 0);
	CHECK_FAILS(mq_send(q, "x", 1, 0), EBADF);
	CHECK_EQ(mq_close(again), 0);
}

static void bad_attributes(void)
{
	struct mq_attr attr = { .mq_maxmsg = 0, .mq_msgsize = 1 };

	CHECK_FAILS(mq_open("/bad", O_CREAT | O_RDWR, 0600, &attr), EINVAL);
	attr = (struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = -1 };
	CHECK_FAILS(mq_open("/bad", O_CREAT | O_RDWR, 0600, &attr), EINVAL);
	CHECK_FAILS(mq_open("/bad", O_CREAT | O_RDWR, 0600, (struct mq_attr *)8), EFAULT);
	CHECK_FAILS(mq_open("/bad", O_RDWR), ENOENT);
}

/* All of a user's queues together have 800 KiB. */
static void bytes_are_limited(void)
{
	char name[16] = "/many0";
	int i;

	for (i = 0; i < 20; i++) {
		name[5] = (char)('a' + i);
		mq_unlink(name);
		if (mq_open(name, O_CREAT | O_RDWR, 0600, NULL) < 0)
			break;
	}
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(i, 9);
	while (i--) {
		name[5] = (char)('a' + i);
		CHECK_EQ(mq_unlink(name), 0);
	}
}

static void order_by_priority(void)
{
	static const struct {
		const char *text;
		unsigned int priority;
	} sent[] = { { "low", 1 }, { "high", 9 }, { "low2", 1 }, { "high2", 9 } };
	static const char *const wanted[] = { "high", "high2", "low", "low2" };
	mqd_t q = make(O_NONBLOCK, 4, SIZE);
	char text[SIZE];
	unsigned int priority;

	for (int i = 0; i < 4; i++)
		CHECK_EQ(mq_send(q, sent[i].text, strlen(sent[i].text) + 1, sent[i].priority), 0);
	CHECK_FAILS(mq_send(q, "x", 1, 0), EAGAIN);
	CHECK_FAILS(mq_send(q, "x", 1, 32768), EINVAL);
	CHECK_FAILS(mq_send(q, text, SIZE + 1, 0), EMSGSIZE);
	CHECK_FAILS(mq_receive(q, text, SIZE - 1, NULL), EMSGSIZE);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(mq_receive(q, text, SIZE, &priority), strlen(wanted[i]) + 1);
		CHECK(strcmp(text, wanted[i]) == 0);
		CHECK_EQ(priority, i < 2 ? 9 : 1);
	}
	CHECK_FAILS(mq_receive(q, text, SIZE, NULL), EAGAIN);
}

/* Messages of more than a part, and none. */
static void long_messages(void)
{
	static char out[8192], in[8192];
	mqd_t q = make(0, 10, sizeof(out));

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(out); i++)
			out[i] = (char)(i * 7 + (size_t)round);
		CHECK_EQ(mq_send(q, out, sizeof(out), 0), 0);
		CHECK_EQ(mq_send(q, out, 0, 0), 0);
		CHECK_EQ(mq_send(q, out, 1993, 0), 0);
		CHECK_EQ(mq_receive(q, in, sizeof(in), NULL), sizeof(out));
		CHECK(memcmp(in, out, sizeof(in)) == 0);
		CHECK_EQ(mq_receive(q, in, sizeof(in), NULL), 0);
		memset(in, 0, sizeof(in));
		CHECK_EQ(mq_receive(q, in, sizeof(in), NULL), 1993);
		CHECK(memcmp(in, out, 1993) == 0);
	}
}

static void attributes(void)
{
	struct mq_attr now, was, wanted = { .mq_flags = O_NONBLOCK, .mq_maxmsg = 77 };
	mqd_t q = make(0, 3, SIZE);

	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(mq_getattr(q, &now), 0);
	CHECK_EQ(now.mq_maxmsg, 3);
	CHECK_EQ(now.mq_msgsize, SIZE);
	CHECK_EQ(now.mq_curmsgs, 1);
	CHECK_EQ(now.mq_flags, 0);
	CHECK_EQ(mq_setattr(q, &wanted, &was), 0);
	CHECK_EQ(was.mq_flags, 0);
	CHECK(fcntl(q, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(mq_getattr(q, &now), 0);
	CHECK_EQ(now.mq_flags, O_NONBLOCK);
	CHECK_EQ(now.mq_maxmsg, 3);
	wanted.mq_flags = O_APPEND;
	CHECK_FAILS(mq_setattr(q, &wanted, NULL), EINVAL);
	CHECK_FAILS(mq_getattr(0, &now), EBADF);
}

static void waits(void)
{
	mqd_t q = make(0, 1, SIZE);
	struct timespec t = after_ms(30), bad = { .tv_nsec = 1000000000 };
	struct pollfd p = { .fd = q, .events = POLLIN | POLLOUT };
	char text[SIZE];
	int status;
	pid_t pid;

	CHECK_FAILS(mq_timedreceive(q, text, SIZE, NULL, &bad), EINVAL);
	CHECK_FAILS(mq_timedreceive(q, text, SIZE, NULL, &t), ETIMEDOUT);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	pid = fork();
	if (pid == 0) {
		mq_send(q, "one", 4, 0);
		mq_send(q, "two", 4, 0);
		_exit(0);
	}
	CHECK_EQ(mq_receive(q, text, SIZE, NULL), 4);
	CHECK(strcmp(text, "one") == 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	t = after_ms(30);
	CHECK_FAILS(mq_timedsend(q, "x", 1, 0, &t), ETIMEDOUT);
	CHECK_EQ(mq_receive(q, text, SIZE, NULL), 4);
	CHECK(strcmp(text, "two") == 0);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	got++;
	got_code = info->si_code;
	got_value = info->si_value.sival_int;
	got_pid = info->si_pid;
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	mqd_t q = make(0, 1, SIZE);
	char text[SIZE];

	CHECK_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	alarm(1);
	CHECK_FAILS(mq_receive(q, text, SIZE, NULL), EINTR);
}

static void notification(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
				  .sigev_value.sival_int = 42 };
	mqd_t q = make(O_NONBLOCK, 4, SIZE);
	char text[SIZE];
	int status;

	CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_FAILS(mq_notify(q, &event), EBUSY);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(got, 1);
	CHECK_EQ(got_code, SI_MESGQ);
	CHECK_EQ(got_value, 42);
	CHECK_EQ(got_pid, getpid());
	/* Once, and for a message into an empty queue. */
	CHECK_EQ(mq_notify(q, &event), 0);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(got, 1);
	CHECK_EQ(mq_notify(q, NULL), 0);
	CHECK_EQ(mq_receive(q, text, SIZE, NULL), 1);
	CHECK_EQ(mq_receive(q, text, SIZE, NULL), 1);
	CHECK_EQ(mq_send(q, "x", 1, 0), 0);
	CHECK_EQ(got, 1);
	event.sigev_signo = 65;
	CHECK_FAILS(mq_notify(q, &event), EINVAL);
	event.sigev_signo = SIGUSR1;
	/* Another process's ends with it. */
	if (fork() == 0)
		_exit(mq_notify(q, &event));
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(mq_notify(q, &event), 0);
}

static void text_of_a_queue(void)
{
	mqd_t q = make(0, 4, SIZE);
	char text[128];
	ssize_t n;

	CHECK_EQ(mq_send(q, "hello", 5, 0), 0);
	n = read(q, text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n] = '\0';
	CHECK(strcmp(text, "QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n") == 0);
	CHECK_EQ(read(q, text, sizeof(text)), 0);
	CHECK_FAILS(write(q, "x", 1), EINVAL);
}

static void permissions(void)
{
	mqd_t q = make(0, 1, SIZE);
	int status;

	(void)q;
	if (fork() == 0) {
		CHECK_EQ(setuid(1000), 0);
		CHECK_FAILS(mq_open(NAME, O_RDONLY), EACCES);
		CHECK_FAILS(syscall(SYS_mq_unlink, NAME + 1), EPERM);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
}

int main(int argc, char **argv)
{
	static const struct ktap_test tests[] = {
		TEST(names), TEST(bad_attributes), TEST(bytes_are_limited), TEST(order_by_priority),
		TEST(long_messages), TEST(attributes), TEST(waits), TEST(interrupted),
		TEST(notification), TEST(text_of_a_queue), TEST(permissions),
	};

	return ktap_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
