// SPDX-License-Identifier: MIT
/*
 * bench [ROW...]: what common operations cost a program, in TSC ticks, which
 * are instructions under QEMU's -icount. It runs on Linux and on Whitix alike;
 * scripts/compare/bench.py puts the results side by side.
 *
 * A row is timed in batches: the least of all batches counts (a batch that a
 * timer tick fell into does not), divided by the operations in it. What crossed
 * between core and modules is counted over as many batches more, where the kernel
 * counts it (/proc/accounts). As the first program it mounts what it needs and
 * powers the machine off in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define FILE_PAGES 64		/* of the file that is read and mapped */
#define SMALL_FILE 10240
#define SELECTED 100		/* descriptors that select() asks */
#define RING_MAX 16		/* processes that pass a token round */
#define THROUGHPUT (64 * 1024)
#define FILE_NAME "/tmp/bench.file"
#define NEW_NAME "/tmp/bench.new"
/* futex(2); musl has no header for it. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129
#define NO_COUNT (~0ull)

typedef unsigned long long ticks_t;

static char buffer[THROUGHPUT];
static const char *self;

/* What rows set up. */
static int fd_a = -1, fd_b = -1;	/* of the caller */
static int fds_to[2];	/* pipe to the partner */
static pid_t partners[RING_MAX];
static int npartners;
static char *area;
static int selected[SELECTED];

static void die(const char *what)
{
	printf("bench: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	exit(1);
}

static long must(long result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static ticks_t ticks(void)
{
	unsigned int low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (ticks_t)high << 32 | low;
}

/* ---- files ------------------------------------------------------------- */

static void null_call(void)
{
	syscall(SYS_getppid);
}

static void open_zero(void)
{
	fd_a = must(open("/dev/zero", O_RDONLY), "/dev/zero");
}

static void open_null(void)
{
	fd_a = must(open("/dev/null", O_WRONLY), "/dev/null");
}

static void close_a(void)
{
	close(fd_a);
}

static void read_byte(void)
{
	must(read(fd_a, buffer, 1), "read");
}

static void write_byte(void)
{
	must(write(fd_a, buffer, 1), "write");
}

static void make_file(void)
{
	fd_a = must(open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600), FILE_NAME);
	for (int i = 0; i < FILE_PAGES; i++)
		must(write(fd_a, buffer, PAGE), "write");
}

static void remove_file(void)
{
	close(fd_a);
	unlink(FILE_NAME);
}

static void stat_file(void)
{
	struct stat st;

	must(stat(FILE_NAME, &st), "stat");
}

static void open_close(void)
{
	close(must(open(FILE_NAME, O_RDONLY), "open"));
}

static void read_64k(void)
{
	must(pread(fd_a, buffer, THROUGHPUT, 0), "pread");
}

static void create_delete_0(void)
{
	close(must(open(NEW_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600), "create"));
	must(unlink(NEW_NAME), "unlink");
}

static void create_delete_10k(void)
{
	int fd = must(open(NEW_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600), "create");

	must(write(fd, buffer, SMALL_FILE), "write");
	close(fd);
	must(unlink(NEW_NAME), "unlink");
}

static void open_selected(void)
{
	for (int i = 0; i < SELECTED; i += 2)
		must(pipe(selected + i), "pipe");
}

static void close_selected(void)
{
	for (int i = 0; i < SELECTED; i++)
		close(selected[i]);
}

static void select_100(void)
{
	struct timeval none = { 0, 0 };
	fd_set set;

	FD_ZERO(&set);
	for (int i = 0; i < SELECTED; i++)
		FD_SET(selected[i], &set);
	must(select(selected[SELECTED - 1] + 1, &set, NULL, NULL, &none), "select");
}

/* ---- memory ------------------------------------------------------------ */

static void map_anonymous(void)
{
	area = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		die("mmap");
}

static void map_file(void)
{
	make_file();
	area = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, fd_a, 0);
	if (area == MAP_FAILED)
		die("mmap");
}

static void unmap(void)
{
	munmap(area, FILE_PAGES * PAGE);
}

static void unmap_file(void)
{
	unmap();
	remove_file();
}

/* One page after the other is touched; all are taken away at the area's end. */
static int next_page;

static void touch_begin(void)
{
	next_page = 0;
	must(madvise(area, FILE_PAGES * PAGE, MADV_DONTNEED), "madvise");
}

static void touch_write(void)
{
	area[PAGE * next_page++] = 1;
}

static void touch_read(void)
{
	/* Every sixteenth page, so that none is mapped around another's fault. */
	(void)*(volatile char *)(area + PAGE * 16 * next_page++);
}

static void map_unmap(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	munmap(p, PAGE);
}

/* ---- signals ----------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static void signal_install(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	must(sigaction(SIGUSR1, &action, NULL), "sigaction");
}

static void signal_deliver(void)
{
	must(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1), "tgkill");
}

/* ---- processes --------------------------------------------------------- */

static void reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("a child failed");
}

static void fork_exit(void)
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0)
		_exit(0);
	reap(pid);
}

static void fork_exec(void)
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0) {
		execl(self, self, "nothing", NULL);
		_exit(1);
	}
	reap(pid);
}

/* A partner: reads a byte, writes it on, until its input ends. */
static void pass_on(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1)
		if (write(to, &byte, 1) != 1)
			break;
	_exit(0);
}

static void partner_start(int from, int to, const int *others, int nothers)
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0) {
		for (int i = 0; i < nothers; i++)
			if (others[i] != from && others[i] != to)
				close(others[i]);
		pass_on(from, to);
	}
	partners[npartners++] = pid;
}

static void partners_end(void)
{
	while (npartners > 0)
		reap(partners[--npartners]);
}

/*
 * A ring of `n` processes, the caller one of them: what it writes to fd_b comes
 * back on fd_a when all have run.
 */
static void ring_start(int n)
{
	int fds[2 * RING_MAX], count = 2 * n;

	for (int i = 0; i < n; i++)
		must(pipe(fds + 2 * i), "pipe");
	for (int i = 0; i < n - 1; i++)
		partner_start(fds[2 * i], fds[2 * i + 3], fds, count);
	fd_b = fds[1];
	fd_a = fds[2 * (n - 1)];
	for (int i = 0; i < count; i++)
		if (fds[i] != fd_a && fds[i] != fd_b)
			close(fds[i]);
}

static void ring_2(void)
{
	ring_start(2);
}

static void ring_16(void)
{
	ring_start(RING_MAX);
}

static void ring_round(void)
{
	must(write(fd_b, buffer, 1), "write");
	must(read(fd_a, buffer, 1), "read");
}

static void ring_end(void)
{
	close(fd_b);
	partners_end();
	close(fd_a);
}

static void sockets_start(void)
{
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	partner_start(fds[0], fds[0], fds, 2);
	close(fds[0]);
	fd_a = fd_b = fds[1];
}

static void sockets_end(void)
{
	close(fd_a);
	partners_end();
}

/* The partner swallows what comes; 64 KiB at a time. */
static void sink_start(void)
{
	pid_t pid;

	must(pipe(fds_to), "pipe");
	pid = must(fork(), "fork");
	if (pid == 0) {
		close(fds_to[1]);
		while (read(fds_to[0], buffer, THROUGHPUT) > 0)
			;
		_exit(0);
	}
	partners[npartners++] = pid;
	close(fds_to[0]);
}

static void sink_write(void)
{
	must(write(fds_to[1], buffer, THROUGHPUT), "write");
}

static void sink_end(void)
{
	close(fds_to[1]);
	partners_end();
}

/* ---- threads ----------------------------------------------------------- */

static void *thread_nothing(void *arg)
{
	return arg;
}

static void thread_create_join(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_nothing, NULL) ||
	    pthread_join(thread, NULL))
		die("thread");
}

/* Two threads wake each other: whose turn it is. */
static int turn, turns_end;
static pthread_t turn_partner;

static void turn_wait(int mine)
{
	int now;

	while ((now = __atomic_load_n(&turn, __ATOMIC_SEQ_CST)) != mine)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
}

static void turn_give(int to)
{
	__atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *turn_thread(void *arg)
{
	for (;;) {
		turn_wait(1);
		if (turns_end)
			return arg;
		turn_give(0);
	}
}

static void turns_start(void)
{
	turn = turns_end = 0;
	if (pthread_create(&turn_partner, NULL, turn_thread, NULL))
		die("thread");
}

static void turn_round(void)
{
	turn_give(1);
	turn_wait(0);
}

static void turns_stop(void)
{
	turns_end = 1;
	turn_give(1);
	pthread_join(turn_partner, NULL);
}

/* ---- rows -------------------------------------------------------------- */

static const struct row {
	const char *name;
	void (*run)(void);
	void (*setup)(void), (*teardown)(void);
	void (*batch_begin)(void);
	int per_batch, batches;
	int divide;		/* operations of one run; 0: 1 */
} rows[] = {
	{ "null system call", null_call, .per_batch = 50, .batches = 20 },
	{ "read 1 byte of /dev/zero", read_byte, open_zero, close_a, NULL, 50, 20, 0 },
	{ "write 1 byte to /dev/null", write_byte, open_null, close_a, NULL, 50, 20, 0 },
	{ "stat", stat_file, make_file, remove_file, NULL, 20, 20, 0 },
	{ "open and close", open_close, make_file, remove_file, NULL, 20, 20, 0 },
	{ "select on 100 descriptors", select_100, open_selected, close_selected,
	  NULL, 5, 20, 0 },
	{ "signal install", signal_install, .per_batch = 50, .batches = 20 },
	{ "signal delivery", signal_deliver, signal_install, NULL, NULL, 20, 20, 0 },
	{ "pipe round trip", ring_round, ring_2, ring_end, NULL, 20, 20, 0 },
	{ "context switch, 2 processes", ring_round, ring_2, ring_end, NULL, 20, 20, 2 },
	{ "context switch, 16 processes", ring_round, ring_16, ring_end, NULL, 5, 20,
	  RING_MAX },
	{ "fork and exit", fork_exit, .per_batch = 2, .batches = 20 },
	{ "fork and exec", fork_exec, .per_batch = 1, .batches = 20 },
	{ "page fault, anonymous", touch_write, map_anonymous, unmap, touch_begin,
	  FILE_PAGES, 20, 0 },
	{ "page fault, file", touch_read, map_file, unmap_file, touch_begin,
	  FILE_PAGES / 16, 20, 0 },
	{ "mmap and munmap", map_unmap, .per_batch = 50, .batches = 20 },
	{ "file create and delete, 0 KiB", create_delete_0, .per_batch = 10, .batches = 20 },
	{ "file create and delete, 10 KiB", create_delete_10k, .per_batch = 10, .batches = 20 },
	{ "cached file read, 64 KiB", read_64k, make_file, remove_file, NULL, 5, 20, 0 },
	{ "pipe throughput, 64 KiB", sink_write, sink_start, sink_end, NULL, 20, 20, 0 },
	{ "UNIX socket round trip", ring_round, sockets_start, sockets_end, NULL, 20, 20, 0 },
	{ "thread create and join", thread_create_join, .per_batch = 5, .batches = 20 },
	{ "futex wake-up", turn_round, turns_start, turns_stop, NULL, 20, 20, 2 },
};

static ticks_t batch(const struct row *row)
{
	ticks_t start;

	if (row->batch_begin)
		row->batch_begin();
	start = ticks();
	for (int i = 0; i < row->per_batch; i++)
		row->run();
	return ticks() - start;
}

/* Calls down and up that the kernel has counted; NO_COUNT: it does not. */
static ticks_t crossings(void)
{
	static char text[2 * THROUGHPUT];
	ticks_t sum = 0;
	long len = 0, n;
	int fd = open("/proc/accounts", O_RDONLY);

	if (fd < 0)
		return NO_COUNT;
	while (len < (long)sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = 0;
	if (!strstr(text, " down=") || strstr(text, " down=null"))
		return NO_COUNT;
	for (char *at = text; (at = strstr(at, " down=")); at++)
		sum += strtoull(at + 6, NULL, 10);
	for (char *at = text; (at = strstr(at, " up=")); at++)
		sum += strtoull(at + 4, NULL, 10);
	return sum;
}

static void print_crossings(const struct row *row)
{
	double per = (double)row->per_batch * row->batches * (row->divide ? row->divide : 1);
	ticks_t before = crossings(), own = crossings(), after;

	for (int i = 0; i < row->batches; i++)
		batch(row);
	after = crossings();
	/* Reading the counts crosses, too: as often as between the first two. */
	if (before == NO_COUNT)
		printf("null");
	else
		printf("%.2f", ((double)after - own - (own - before)) / per);
}

static int compare(const void *a, const void *b)
{
	ticks_t x = *(const ticks_t *)a, y = *(const ticks_t *)b;

	return x < y ? -1 : x > y;
}

static void run_row(const struct row *row)
{
	static ticks_t took[64];
	double per = (double)row->per_batch * (row->divide ? row->divide : 1);

	if (row->setup)
		row->setup();
	batch(row);
	for (int i = 0; i < row->batches; i++)
		took[i] = batch(row);
	qsort(took, row->batches, sizeof(took[0]), compare);
	printf("bench: {\"name\": \"%s\", \"ticks\": %.1f, \"median\": %.1f, \"crossings\": ",
	       row->name, took[0] / per, took[row->batches / 2] / per);
	print_crossings(row);
	printf("}\n");
	fflush(stdout);
	if (row->teardown)
		row->teardown();
}

static int wanted(const struct row *row, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], row->name) == 0)
			return 1;
	return argc < 2;
}

/* As the first program: the file systems that the rows need. */
static void prepare(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	self = argv[0];
	if (getpid() == 1)
		prepare();
	/* A row that fails ends in its own process. */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t pid;

		if (!wanted(&rows[i], argc, argv))
			continue;
		pid = fork();
		if (pid == 0) {
			run_row(&rows[i]);
			return 0;
		}
		waitpid(pid, NULL, 0);
	}
	printf("bench: done\n");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
