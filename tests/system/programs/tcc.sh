#!/bin/bash
# SPDX-License-Identifier: MIT
mkdir -p /tmp/c; cd /tmp/c || exit
cat >h.c <<'END'
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void *run(void *p)
{
	*(int *)p += 1;
	return p;
}

int main(int c, char **v)
{
	struct stat s;
	pthread_t t;
	int n = 41, status;

	printf("hello %d %s\n", c, v[1]);
	stat("h.c", &s);
	printf("%d %.6f\n", s.st_size > 100, sqrt(2));
	pthread_create(&t, NULL, run, &n);
	pthread_join(t, NULL);
	printf("thread %d\n", n);
	fflush(stdout);
	if (!fork())
		_exit(9);
	wait(&status);
	printf("child %d, %zu\n", WEXITSTATUS(status), strlen("four"));
	qsort(v, c, sizeof(*v), (int (*)(const void *, const void *))memcmp);
	return 7;
}
END
tcc -o h h.c -lm -lpthread && ./h arg; echo $?
tcc -lm -lpthread -run h.c run 2>&1; echo $?
tcc -c h.c && tcc h.o -lm -lpthread -o h2 && ./h2 two; echo $?
echo 'int main(){return 5;}' | tcc -run -; echo $?
printf '#!/usr/bin/tcc -run\n#include <stdio.h>\nint main(){puts("script");return 0;}\n' >s.c; chmod +x s.c; ./s.c
echo 'int main( { return 0; }' >bad.c; tcc bad.c 2>&1; echo $?; tcc -E - <<<'#define A 7
A' | tail -1; tcc -shared -o l.so - <<<'int seven() { return 7; }' && tcc -o u - ./l.so <<<'int seven(); int main() { return seven(); }' && LD_LIBRARY_PATH=. ./u; echo $?
