// SPDX-License-Identifier: MIT
/*
 * runtests: the first program of a test boot. Runs the commands of a list, one
 * a line (words apart by blanks), and marks on the console where each begins
 * and how it ended:
 *
 *	@@ begin hello a b
 *	@@ end hello a b: exit 0
 *
 * mounts /proc and /dev before, and powers the machine off at the end. The list
 * is argv[1], else /test/list. A line `console` reads one byte of the console
 * first: that ends the boot trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIST_MAX 16384
#define WORDS_MAX 31

static char list[LIST_MAX];

static void split(char *line, char **argv)
{
	int n = 0;

	for (char *word = strtok(line, " \t"); word && n < WORDS_MAX;
	     word = strtok(NULL, " \t"))
		argv[n++] = word;
	argv[n] = NULL;
}

static void run(const char *line)
{
	char *environment[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin:/test",
				"HOME=/", "TERM=vt100", NULL };
	char copy[512], *argv[WORDS_MAX + 1];
	int status = 0;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", line);
	split(copy, argv);
	if (!argv[0])
		return;
	printf("@@ begin %s\n", line);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execve(argv[0], argv, environment);
		printf("@@ cannot run %s: errno %d\n", argv[0], errno);
		fflush(stdout);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("@@ end %s: errno %d\n", line, errno);
	else if (WIFSIGNALED(status))
		printf("@@ end %s: signal %d\n", line, WTERMSIG(status));
	else
		printf("@@ end %s: exit %d\n", line, WEXITSTATUS(status));
	fflush(stdout);
}

static void reap_orphans(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL))
		printf("@@ cannot mount /proc: errno %d\n", errno);
	if (mount("devfs", "/dev", "devfs", 0, NULL))
		printf("@@ cannot mount /dev: errno %d\n", errno);
}

static void open_console(void)
{
	int fd;

	if (fcntl(0, F_GETFD) >= 0)
		return;
	fd = open("/dev/console", O_RDWR);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/test/list";
	ssize_t n;
	int fd;

	open_console();
	mount_all();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, list, sizeof(list) - 1);
	if (n < 0) {
		printf("@@ no list %s: errno %d\n", path, errno);
		n = 0;
	}
	close(fd);
	for (char *line = list, *end; line < list + n; line = end + 1) {
		end = memchr(line, '\n', list + n - line);
		if (!end)
			end = list + n;
		*end = '\0';
		if (strcmp(line, "console") == 0) {
			char c;

			printf("@@ console\n");
			fflush(stdout);
			read(0, &c, 1);
			continue;
		}
		run(line);
		reap_orphans();
	}
	printf("@@ all done\n");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	printf("@@ power-off failed: errno %d\n", errno);
	return 1;
}
