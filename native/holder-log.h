/*
 * What the holder says, in lines as the server logs them.
 */
#ifndef HOLDER_LOG_H
#define HOLDER_LOG_H

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* JSON, or readable on a terminal. `level` is pino's. */
__attribute__((format(printf, 2, 3))) static void say(int level, const char *format, ...)
{
	char text[512], line[768];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct timespec now;
	struct tm utc;
	char when[32];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
	long msec = now.tv_nsec / 1000000;
	int length = isatty(2) ? snprintf(line, sizeof line, "[%s.%03ldZ] holder: %s\n", when, msec,
					  text)
			       : snprintf(line, sizeof line,
					  "{\"level\":%d,\"time\":\"%s.%03ldZ\",\"msg\":\"%s\"}\n",
					  level, when, msec, text);
	/* Whoever does not read what is logged keeps nobody from /proc. */
	struct pollfd log = { .fd = 2, .events = POLLOUT };
	if (poll(&log, 1, 0) != 1 || write(2, line, length) < 0)
		return;
}

static void die(const char *what)
{
	fprintf(stderr, "holder: cannot %s: %s\n", what, strerror(errno));
	exit(1);
}

#endif
