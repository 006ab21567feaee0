/* Reads files over and over until its standard input ends, and checks each text: that it is whole,
 * of one moment, the container's own, and that no counter in it fell.
 *
 * Usage: chaos-reader MEMTOTAL_KIB PAUSE_USEC FILE...
 *
 * Tells of each of the first faults in a line on standard error. In the end prints numbers in a
 * line: texts, errors, wrong texts, those of them that were broken, the longest wait for an open(2)
 * or read(2) in ms, the 99th percentile of each text's longest in ms, and of how many texts it was
 * more than a second. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_TEXT = 1 << 18, MOST_FILES = 32, MOST_COUNTERS = 10 * 257, TOLD_FAULTS = 2, TOLD_ERRORS = 10 };
enum { STEPS = 8, BUCKETS = 32 * STEPS, USEC_PER_SEC = 1000000 };

static const size_t buffer_sizes[] = { LONGEST_TEXT - 1, 100, 997 };
enum { BUFFER_SIZES = sizeof(buffer_sizes) / sizeof(buffer_sizes[0]) };

struct file {
	const char *path;
	/* The first text, each number in it as one 0: later ones have the same lines. */
	char *shape;
	bool has_had_devices;
	unsigned int readings;
};

static struct file files[MOST_FILES];
static char text[LONGEST_TEXT], shape[LONGEST_TEXT];
static size_t buffer_bytes;
static long long wanted_total_kib;
static long texts, errors, wrong_texts, broken_texts, slow_texts, waits[BUCKETS];
static long long longest_usec;

static long long now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (long long)USEC_PER_SEC + now.tv_nsec / 1000;
}

static void tell(const char *path, int error, const char *fault)
{
	static int told_faults, told_errors;

	if (error ? told_errors++ < TOLD_ERRORS : told_faults++ < TOLD_FAULTS)
		fprintf(stderr, "%lld: %s, %zu bytes at a time: %s after %zu bytes\n%.200s\n",
			(long long)time(NULL), path, buffer_bytes, fault, strlen(text), text);
}

/* Logarithmic, in steps of an eighth. */
static int bucket_of(long long usec)
{
	int log = usec < STEPS ? 3 : 63 - __builtin_clzll((unsigned long long)usec);
	int bucket = log * STEPS + (int)((usec >> (log - 3)) & (STEPS - 1));

	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static long long usec_of(int bucket)
{
	return (long long)(STEPS + bucket % STEPS + 1) << (bucket / STEPS) >> 3;
}

static long long percentile_usec(double share)
{
	long seen = 0;

	for (int bucket = 0; bucket < BUCKETS; bucket++) {
		seen += waits[bucket];
		if (seen >= share * (double)texts)
			return usec_of(bucket);
	}
	return 0;
}

/* The longest wait for one system call of a text. */
static long long waited_usec;

static void note_wait(long long begin_usec)
{
	long long usec = now_usec() - begin_usec;

	if (usec > waited_usec)
		waited_usec = usec;
}

/* The errno of what failed, 0 when the whole text was read. */
static int read_text(const char *path)
{
	size_t total = 0;
	ssize_t length = 1;
	int error = 0;
	long long begin_usec = now_usec();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	waited_usec = 0;
	text[0] = '\0';
	note_wait(begin_usec);
	if (fd < 0)
		return errno;
	while (length > 0 && total < sizeof(text) - 1) {
		size_t room = sizeof(text) - 1 - total;

		begin_usec = now_usec();
		length = read(fd, text + total, room < buffer_bytes ? room : buffer_bytes);
		if (length < 0)
			error = errno;
		else
			total += (size_t)length;
		note_wait(begin_usec);
	}
	text[total] = '\0';
	close(fd);
	return error;
}

static void make_shape(void)
{
	char *to = shape;

	for (const char *from = text; *from; from++) {
		bool is_digit = *from >= '0' && *from <= '9';

		if (is_digit && to > shape && to[-1] == '0')
			continue;
		if (*from == ' ' && to > shape && to[-1] == ' ')
			continue;
		*to++ = is_digit ? '0' : *from;
	}
	*to = '\0';
}

/* What no whole text is, the host's neither. */
static const char cut_off[] = "no whole text";
static const char half_line[] = "half a line";
static const char no_numbers[] = "no two numbers";
static const char no_device[] = "no device in a line";

static bool is_broken(const char *fault)
{
	return fault == cut_off || fault == half_line || fault == no_numbers || fault == no_device;
}

/* Devices come and go: each line has as many numbers as some kernel prints. */
static const char *check_devices(void)
{
	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		int numbers = 0;
		char name[64];

		if (sscanf(line, "%*u %*u %63s %*u%n", name, &numbers) != 1 || numbers == 0)
			return no_device;
		if (!strchr(line, '\n'))
			return half_line;
	}
	return NULL;
}

static long long kib_of(const char *name)
{
	char wanted[64];
	long long kib = -1;

	snprintf(wanted, sizeof(wanted), "\n%s:", name);
	const char *line = strstr(text, wanted);
	if (line)
		sscanf(line + strlen(wanted), "%lld kB", &kib);
	return kib;
}

static const char *check_memory(void)
{
	long long total = -1;

	if (sscanf(text, "MemTotal: %lld kB\n", &total) != 1 || total != wanted_total_kib)
		return "not the container's MemTotal";
	if (kib_of("MemFree") > total || kib_of("MemAvailable") > total)
		return "more free than there is";
	if (kib_of("Active") != kib_of("Active(anon)") + kib_of("Active(file)"))
		return "Active is no sum";
	if (kib_of("Inactive") != kib_of("Inactive(anon)") + kib_of("Inactive(file)"))
		return "Inactive is no sum";
	return NULL;
}

static const char *check_cpus(void)
{
	static long long counters[MOST_COUNTERS];
	long long sum = 0, total = 0;
	int count = 0;
	const char *fault = NULL;

	for (char *line = text; strncmp(line, "cpu", 3) == 0; line = strchr(line, '\n') + 1) {
		bool is_total = line[3] == ' ';
		char *at = line + strcspn(line, " ");

		for (int field = 0; field < 10 && count < MOST_COUNTERS; field++, count++) {
			long long counter = strtoll(at, &at, 10);

			if (counter < counters[count])
				fault = "a counter fell";
			counters[count] = counter;
			*(is_total ? &total : &sum) += counter;
		}
		if (!strchr(line, '\n'))
			return half_line;
	}
	return count > 0 && sum == total ? fault : "the first line is no sum";
}

static const char *check_age(void)
{
	static double youngest;
	double age, idle;

	if (sscanf(text, "%lf %lf\n", &age, &idle) != 2)
		return no_numbers;
	bool is_younger = age < youngest;
	youngest = age;
	return is_younger ? "time went back" : NULL;
}

static const char *check_values(const char *path)
{
	if (strcmp(path, "/proc/meminfo") == 0)
		return check_memory();
	if (strcmp(path, "/proc/stat") == 0)
		return check_cpus();
	if (strcmp(path, "/proc/uptime") == 0)
		return check_age();
	return NULL;
}

static const char *check(struct file *file)
{
	size_t length = strlen(text);
	bool is_of_devices = strcmp(file->path, "/proc/diskstats") == 0;

	/* On cgroup v2 a container that used no disk has none. */
	if (length == 0 && is_of_devices)
		return file->has_had_devices ? "no device any more" : NULL;
	if (length == 0 || text[length - 1] != '\n')
		return cut_off;
	if (is_of_devices) {
		file->has_had_devices = true;
		return check_devices();
	}
	make_shape();
	if (!file->shape)
		file->shape = strdup(shape);
	if (strcmp(file->shape, shape) != 0)
		return "other lines than at first";
	return check_values(file->path);
}

static void read_one(struct file *file)
{
	buffer_bytes = buffer_sizes[file->readings++ % BUFFER_SIZES];
	int error = read_text(file->path);
	long long usec = waited_usec;
	const char *fault = error ? strerror(error) : check(file);
	texts++;
	if (error)
		errors++;
	else if (fault)
		wrong_texts++;
	if (!error && is_broken(fault))
		broken_texts++;
	if (fault)
		tell(file->path, error, fault);
	waits[bucket_of(usec)]++;
	if (usec > USEC_PER_SEC)
		slow_texts++;
	if (usec > longest_usec)
		longest_usec = usec;
}

static bool is_wanted(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, 0) == 0;
}

int main(int count, char **arguments)
{
	int file_count = count - 3;

	if (file_count < 1 || file_count > MOST_FILES)
		return 2;
	wanted_total_kib = atoll(arguments[1]);
	for (int index = 0; index < file_count; index++)
		files[index].path = arguments[3 + index];
	for (int index = 0; is_wanted(); index = (index + 1) % file_count) {
		read_one(&files[index]);
		if (atoi(arguments[2]) > 0)
			usleep((useconds_t)atoi(arguments[2]));
	}
	printf("%ld %ld %ld %ld %lld %lld %ld\n", texts, errors, wrong_texts, broken_texts,
	       longest_usec / 1000, percentile_usec(0.99) / 1000, slow_texts);
	return errors || wrong_texts;
}
