// SPDX-License-Identifier: MIT
/* hello: shows what a program was started with. */
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	int nenv = 0;

	while (environ[nenv])
		nenv++;
	printf("hello from a user program: pid %d, argc %d, %d in the environment\n",
	       (int)getpid(), argc, nenv);
	for (int i = 0; i < argc; i++)
		printf("argv[%d] = '%s'\n", i, argv[i]);
	printf("page size %lu, entry at program: %s, random bytes: %s\n",
	       getauxval(AT_PAGESZ), getauxval(AT_ENTRY) ? "yes" : "no",
	       getauxval(AT_RANDOM) ? "yes" : "no");
	return 0;
}
