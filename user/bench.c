// SPDX-License-Identifier: MIT
/*
 * bench: what common operations cost a program, in TSC ticks (instructions
 * under QEMU's -icount): the smallest and the median of many.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 200
#define SMALL_ROUNDS 20
#define PAGE 4096

static int file_fd = -1, pipe_fd[2];
static char buffer[PAGE];

static unsigned long long ticks(void)
{
	unsigned int low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (unsigned long long)high << 32 | low;
}

static void op_nothing(void)
{
	__asm__ volatile("" : : : "memory");
}

static void op_getppid(void)
{
	syscall(SYS_getppid);
}

static void op_read_4k(void)
{
	pread(file_fd, buffer, sizeof(buffer), 0);
}

static void op_write_4k(void)
{
	pwrite(file_fd, buffer, sizeof(buffer), 0);
}

static void op_stat(void)
{
	struct stat st;

	stat("/bench.tmp", &st);
}

static void op_open_close(void)
{
	close(open("/bench.tmp", O_RDONLY));
}

static void op_pipe(void)
{
	write(pipe_fd[1], buffer, 1);
	read(pipe_fd[0], buffer, 1);
}

static void op_page_fault(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED) {
		*(volatile char *)p = 1;
		munmap(p, PAGE);
	}
}

static void op_fork_wait(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
	int rounds;
} ops[] = {
	{ "nothing", op_nothing, ROUNDS },
	{ "getppid", op_getppid, ROUNDS },
	{ "pread of 4 KiB", op_read_4k, ROUNDS },
	{ "pwrite of 4 KiB", op_write_4k, ROUNDS },
	{ "stat", op_stat, ROUNDS },
	{ "open and close", op_open_close, ROUNDS },
	{ "pipe, one byte", op_pipe, ROUNDS },
	{ "mmap, fault, munmap", op_page_fault, ROUNDS },
	{ "fork and wait", op_fork_wait, SMALL_ROUNDS },
};

static int compare(const void *a, const void *b)
{
	unsigned long long x = *(const unsigned long long *)a;
	unsigned long long y = *(const unsigned long long *)b;

	return x < y ? -1 : x > y;
}

int main(void)
{
	static unsigned long long took[ROUNDS];

	file_fd = open("/bench.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file_fd < 0 || pipe(pipe_fd) < 0) {
		perror("bench");
		return 1;
	}
	write(file_fd, buffer, sizeof(buffer));
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		for (int r = 0; r < ops[i].rounds; r++) {
			unsigned long long start = ticks();

			ops[i].run();
			took[r] = ticks() - start;
		}
		qsort(took, ops[i].rounds, sizeof(took[0]), compare);
		printf("bench: %-20s min %10llu median %10llu ticks\n", ops[i].name,
		       took[0], took[ops[i].rounds / 2]);
	}
	unlink("/bench.tmp");
	return 0;
}
