// SPDX-License-Identifier: MIT
/*
 * failnth: a workload in which the nth allocation fails, for n = 1, 2, 3 and on,
 * until it passes without coming to it.
 *
 *	failnth [FIRST [STEP]]
 *
 * For each n a child of another user does a little of everything: processes,
 * programs, pipes, files, memory, sockets, terminals, events, threads. Each step
 * that fails must fail with an error that says so, and the next one is tried all
 * the same; a child whose page can't be had is killed. Before and after, the
 * modules' accounts must have as many objects and handles, and there must be no
 * file, process or reset more than before.
 *
 * Needs a kernel with CONFIG_DEBUG_FAILALLOC; elsewhere it says so and passes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "accounts.h"

#define USER 4242
#define FOLDER "/failnth"
#define SWITCH "/sys/kernel/fail_nth"
#define PROGRAM "/test/hello"
#define PAGE 4096
#define STEP_FAILED 1		/* a child's exit status: a step failed, and said why */
#define WRONG 2			/* ... something else went wrong */
#define UNCLEAR_MAX 20		/* complaints before the test gives up */
#define HANG_S 20		/* seconds that a workload may take, by far */

/* ---- the workload --------------------------------------------------------- */

static int failed;

/* What a program may be told when memory is out. */
static int is_clear(int error)
{
	return error == ENOMEM || error == EAGAIN || error == ENOBUFS || error == ENFILE ||
	       error == ENOSPC || error == ENOLCK;
}

/* Judges a step that returned `result`; true: it went well. */
static int step(const char *name, long result)
{
	if (result >= 0)
		return 1;
	failed = 1;
	if (!is_clear(errno)) {
		printf("failnth: %s: errno %d\n", name, errno);
		fflush(stdout);
		_exit(WRONG);
	}
	return 0;
}

static void wrong(const char *what)
{
	printf("failnth: %s\n", what);
	fflush(stdout);
	_exit(WRONG);
}

static void pipes(void)
{
	char buf[2 * PAGE] = "pipe";
	int ends[2];

	if (!step("pipe2", pipe2(ends, O_NONBLOCK)))
		return;
	if (step("write to a pipe", write(ends[1], buf, sizeof(buf))))
		step("read from a pipe", read(ends[0], buf, sizeof(buf)));
	step("F_SETPIPE_SZ", fcntl(ends[0], F_SETPIPE_SZ, 32 * PAGE));
	close(ends[0]);
	close(ends[1]);
}

static void files(void)
{
	char buf[3 * PAGE] = "file";
	int fd;

	if (!step("mkdir", mkdir("d", 0700)))
		return;
	fd = open("d/file", O_RDWR | O_CREAT, 0600);
	if (step("create", fd)) {
		step("write", write(fd, buf, sizeof(buf)));
		step("fallocate", fallocate(fd, 0, 0, 8 * PAGE));
		step("truncate", ftruncate(fd, 1));
		step("flock", flock(fd, LOCK_EX | LOCK_NB));
		step("lock", lockf(fd, F_TLOCK, 10));
		close(fd);
		step("link", link("d/file", "d/link"));
		step("rename", rename("d/file", "d/renamed"));
	}
	step("symlink", symlink("d", "soft"));
	step("mkfifo", mkfifo("fifo", 0600));
	unlink("d/file");
	unlink("d/link");
	unlink("d/renamed");
	unlink("soft");
	unlink("fifo");
	rmdir("d");
}

static void memory(void)
{
	int fd = memfd_create("m", 0);
	char *p;

	if (step("memfd_create", fd)) {
		step("ftruncate", ftruncate(fd, 4 * PAGE));
		p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (step("mmap of a file", p == MAP_FAILED ? -1 : 0)) {
			p[PAGE] = 1;
			munmap(p, 4 * PAGE);
		}
		close(fd);
	}
	p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!step("mmap", p == MAP_FAILED ? -1 : 0))
		return;
	p[0] = p[4 * PAGE] = 1;
	step("mprotect", mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	step("munmap of the middle", munmap(p + 4 * PAGE, PAGE));
	munmap(p, 8 * PAGE);
}

/* Sends a descriptor over a pair of sockets, and takes it. */
static void pass(const int pair[2])
{
	char byte = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fd;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[0], sizeof(int));
	if (!step("sendmsg", sendmsg(pair[0], &msg, MSG_DONTWAIT)))
		return;
	memset(control, 0, sizeof(control));
	if (!step("recvmsg", recvmsg(pair[1], &msg, MSG_DONTWAIT)))
		return;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		close(fd);
	}
}

static void sockets(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int pair[2], server, client, peer;

	if (step("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair))) {
		pass(pair);
		close(pair[0]);
		close(pair[1]);
	}
	server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	step("socket", server);
	step("socket", client);
	if (server >= 0 && client >= 0 &&
	    step("bind", bind(server, (struct sockaddr *)&name, sizeof(name))) &&
	    step("listen", listen(server, 1)) &&
	    step("connect", connect(client, (struct sockaddr *)&name, sizeof(name)))) {
		peer = accept(server, NULL, NULL);
		if (step("accept", peer)) {
			step("send", send(peer, "hello", 5, MSG_DONTWAIT));
			close(peer);
		}
	}
	close(server);
	close(client);
	unlink("socket");
}

static void terminals(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK), unlock = 0, number, slave;
	char path[32], buf[16];

	if (!step("ptmx", master))
		return;
	step("TIOCSPTLCK", ioctl(master, TIOCSPTLCK, &unlock));
	if (step("TIOCGPTN", ioctl(master, TIOCGPTN, &number))) {
		snprintf(path, sizeof(path), "/dev/pts/%d", number);
		slave = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
		if (step("pts", slave)) {
			step("write to a terminal", write(slave, "hello\n", 6));
			step("read from a master", read(master, buf, sizeof(buf)));
			close(slave);
		}
	}
	close(master);
}

static void events(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct itimerspec soon = { .it_value.tv_nsec = 1 };
	int epoll = epoll_create1(0), event = eventfd(0, EFD_NONBLOCK), timer, sig;
	sigset_t set;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	step("epoll_create1", epoll);
	step("eventfd", event);
	if (epoll >= 0 && event >= 0 &&
	    step("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, event, &ev)))
		step("epoll_wait", epoll_wait(epoll, &ev, 1, 0));
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	if (step("timerfd_create", timer))
		step("timerfd_settime", timerfd_settime(timer, 0, &soon, NULL));
	sig = signalfd(-1, &set, 0);
	step("signalfd", sig);
	if (step("timer_create", timer_create(CLOCK_MONOTONIC, NULL, &t)))
		timer_delete(t);
	close(epoll);
	close(event);
	close(timer);
	close(sig);
}

static void *nothing(void *unused)
{
	return unused;
}

static void processes(void)
{
	pthread_t thread;
	int status = 0;
	pid_t pid;

	errno = pthread_create(&thread, NULL, nothing, NULL);
	if (step("pthread_create", errno ? -1 : 0))
		pthread_join(thread, NULL);
	pid = fork();
	if (!step("fork", pid))
		return;
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		execl(PROGRAM, PROGRAM, NULL);
		if (!is_clear(errno))
			fprintf(stderr, "failnth: execve: errno %d\n", errno);
_exit(is_clear(errno) ? STEP_FAILED : WRONG);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == WRONG)
		wrong("execve failed for another reason");
	failed |= status != 0;
}

/* A text of /proc, whose module allocates for it. */
static void texts(void)
{
	char buf[PAGE];
	int fd = open("/proc/self/maps", O_RDONLY);

	if (!step("open of maps", fd))
		return;
	step("read of maps", read(fd, buf, sizeof(buf)));
	close(fd);
}

static void workload(void)
{
	if (chdir(FOLDER) != 0 || setresuid(USER, USER, USER) != 0)
		_exit(WRONG);
	pipes();
	files();
	memory();
	sockets();
	terminals();
	events();
	processes();
	texts();
	_exit(failed ? STEP_FAILED : 0);
}

/* ---- the master -------------------------------------------------------------- */

/* Writes n to the switch, or reads what is left of it. */
static long nth_left(long n)
{
	char text[24] = "";
	int fd = open(SWITCH, n < 0 ? O_RDONLY : O_WRONLY);

	if (fd < 0)
		return -1;
	if (n < 0) {
		if (read(fd, text, sizeof(text) - 1) <= 0)
			return -1;
		n = atol(text);
	} else if (write(fd, text, (size_t)snprintf(text, sizeof(text), "%ld", n)) <= 0) {
		n = -1;
	}
	close(fd);
	return n;
}

/* Runs the workload once: its wait status. */
static int run(long nth)
{
	int status = 0;
	pid_t pid;

	if (nth_left(nth) < 0)
		return WRONG << 8;
	pid = fork();
	if (pid == 0) {
		alarm(HANG_S);
		workload();
	}
	waitpid(pid, &status, 0);
	return status;
}

/* Whether a child may end so when an allocation of its own failed, or when not. */
static int ends_well(int status, int hit)
{
	if (status == 0)
		return 1;
	if (!hit)
		return 0;
	return WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL :
				     WEXITSTATUS(status) == STEP_FAILED;
}

/* Things of a child that was killed; what its children left is gone already. */
static void tidy(void)
{
	if (chdir(FOLDER) != 0)
		return;
	unlink("d/file");
	unlink("d/link");
	unlink("d/renamed");
	rmdir("d");
	unlink("soft");
	unlink("fifo");
	unlink("socket");
	chdir("/");
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(int argc, char **argv)
{
	long first = argc > 1 ? atol(argv[1]) : 1, by = argc > 2 ? atol(argv[2]) : 1, nth;
	struct accounts before, after;
	int status, unclear = 0, quiet = 0, killed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	if (nth_left(0) < 0) {
		printf("failnth: no allocation can be made to fail here\n");
		return 0;
	}
	mkdir(FOLDER, 0700);
	chown(FOLDER, USER, USER);
	for (int i = 0; i < 4; i++)
		run(0);
	accounts_settle(&before);
	for (nth = first; unclear < UNCLEAR_MAX; nth += by) {
		long left;

		status = run(nth);
		left = nth_left(-1);
		tidy();
		accounts_settle(&after);
		quiet += left == 0 && status == 0;
		killed += WIFSIGNALED(status);
		if (!ends_well(status, left == 0)) {
			printf("failnth: %ld: ended with 0x%x\n", nth, status);
			unclear++;
		}
		if (accounts_differ(&before, &after)) {
			printf("failnth: %ld: accounts differ\n", nth);
			unclear++;
		}
		before = after;
		if (left > 0)
			break;
	}
	printf("failnth: %ld allocations; of the failures %d were not noticed, %d killed "
	       "the program\n", nth - 1, quiet, killed);
	printf("failnth: %s\n", unclear ? "FAILED" : "passed");
	return unclear != 0;
}
