// SPDX-License-Identifier: MIT
/*
 * suite: runs programs one after the other and prints how each ended:
 *
 *	NAME: 0
 *	NAME: signal 11
 *	NAME: timeout
 *
 *	suite FOLDER SECONDS [LIST]
 *
 * LIST (else FOLDER/list) has a name a line, below FOLDER. Each is a session of
 * its own in an empty folder, without input and output; what it leaves running
 * is killed, and so are its files and its shared memory removed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORK "/tmp/suite"
#define SHARED "/dev/shm"
#define NAME_SIZE 256

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind;
	if (at->level > 0)
		remove(path);
	return 0;
}

/* What the program has left running comes to be ours. */
static void kill_children(void)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		char path[NAME_SIZE + 32], line[512] = "";
		int pid = atoi(entry->d_name), parent = 0;
		char *end;
		FILE *stat;

		if (pid <= 1 || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		stat = fopen(path, "r");
		if (!stat)
			continue;
		if (fgets(line, sizeof(line), stat) && (end = strrchr(line, ')')))
			sscanf(end + 1, " %*c %d", &parent);
		fclose(stat);
		if (parent == getpid())
			kill(pid, SIGKILL);
	}
	if (proc)
		closedir(proc);
}

static void run(const char *path, char *name)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close(null);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &(sigset_t){ 0 }, NULL);
	if (chdir(WORK))
		_exit(125);
	execl(path, name, (char *)NULL);
	_exit(126);
}

static void test(const char *folder, char *name, int seconds)
{
	struct timespec limit = { .tv_sec = seconds };
	char path[2 * NAME_SIZE];
	sigset_t child;
	int status = 0;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	while (sigtimedwait(&child, NULL, &(struct timespec){ 0 }) > 0)
		;
	pid = fork();
	if (pid == 0)
		run(path, name);
	/* Other children's signals shorten no test: they come when it has ended. */
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		if (sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			status = -1;
			break;
		}
	}
	if (status == -1)
		printf("%s: timeout\n", name);
	else if (WIFSIGNALED(status))
		printf("%s: signal %d\n", name, WTERMSIG(status));
	else
		printf("%s: %d\n", name, WEXITSTATUS(status));
	fflush(stdout);
	while (waitpid(-1, NULL, WNOHANG) >= 0) {
		kill_children();
		waitpid(-1, NULL, 0);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	nftw(WORK, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(SHARED, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
	char path[NAME_SIZE], name[NAME_SIZE];
	int seconds;
	FILE *list;

	if (argc < 3)
		return 2;
	seconds = atoi(argv[2]);
	snprintf(path, sizeof(path), "%s/list", argv[1]);
	list = fopen(argc > 3 ? argv[3] : path, "re");
	if (!list)
		return 2;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mkdir(WORK, 0777);
	while (fgets(name, sizeof(name), list)) {
		name[strcspn(name, "\n")] = '\0';
		test(argv[1], name, seconds);
	}
	return 0;
}
