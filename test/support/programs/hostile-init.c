/* The init of a container whose root is out to disturb every process that appears in it:
 * it "stops" and "kills" them, or "traces" them, and keep even the dead from their parents. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

enum { FIRST_PID = 2, LAST_PID = 4000 };

static void trace_all(void)
{
	int pid;

	for (pid = FIRST_PID; pid <= LAST_PID; pid++)
		if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) == 0)
			ptrace(PTRACE_INTERRUPT, pid, 0, 0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "stops";

	for (;;)
		if (strcmp(mode, "traces") == 0)
			trace_all();
		else
			kill(-1, strcmp(mode, "kills") == 0 ? SIGKILL : SIGSTOP);
}
