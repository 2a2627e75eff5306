/* main.c — runs one harness without libFuzzer: replays its corpus, then mutates
 * it in an order that depends on the seed alone. The input under test is kept
 * in a mapped file, so that whatever way the process dies, the input that
 * killed it is there. Thread: main.                                          */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "fuzz.h"

#define INPUT_MAX 65536u
#define CORPUS_MAX 1024u
#define RUNS 20000u
#define SECONDS_MAX 3u

struct input {
	uint8_t *p;
	size_t n;
};

struct fuzz {
	const char *name;  /* of the program */
	char dir[4096];	   /* of its corpus */
	char kept[256];	   /* file that holds the input under test */
	int kept_fd;
	uint8_t *kept_map;
	uint8_t mutant[INPUT_MAX];
	struct input corpus[CORPUS_MAX];
	size_t n_corpus;
	uint64_t seed, runs, seconds;
};

static void
die(const char *what, const char *which)
{
	fprintf(stderr, "%s %s: %s\n", what, which, strerror(errno));
	exit(1);
}

/* --- corpus -------------------------------------------------------------- */

static struct input
input_load(const char *path)
{
	struct input in = { 0 };
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		die("open", path);
	in.p = malloc(INPUT_MAX);
	if (in.p == NULL)
		die("load", path);
	in.n = fread(in.p, 1, INPUT_MAX, f);
	fclose(f);
	return in;
}

static int
is_file(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* In the order of names, so that a seed means the same everywhere. */
static void
corpus_load(struct fuzz *z)
{
	struct dirent **names;
	int n = scandir(z->dir, &names, is_file, alphasort);

	if (n < 0)
		die("corpus", z->dir);
	for (int i = 0; i < n; i++) {
		char path[5120];

		snprintf(path, sizeof(path), "%s/%s", z->dir, names[i]->d_name);
		if (z->n_corpus < CORPUS_MAX)
			z->corpus[z->n_corpus++] = input_load(path);
		free(names[i]);
	}
	free(names);
	if (z->n_corpus == 0) {
		fprintf(stderr, "%s: no corpus\n", z->dir);
		exit(1);
	}
}

/* --- one run ------------------------------------------------------------- */

static void
kept_open(struct fuzz *z)
{
	snprintf(z->kept, sizeof(z->kept), "%s.input", z->name);
	z->kept_fd = open(z->kept, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (z->kept_fd < 0)
		die("create", z->kept);
	z->kept_map = mmap(NULL, INPUT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED,
	    z->kept_fd, 0);
	if (z->kept_map == MAP_FAILED)
		die("map", z->kept);
}

static void
run(struct fuzz *z, const uint8_t *p, size_t n)
{
	/* Exactly as large as the input: a sanitizer sees a read past it. */
	uint8_t *copy = malloc(n == 0 ? 1 : n);

	if (copy == NULL || ftruncate(z->kept_fd, (off_t)n) < 0)
		die("keep", z->kept);
	if (n > 0) {
		memcpy(z->kept_map, p, n);
		memcpy(copy, p, n);
	}
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

/* --- mutation ------------------------------------------------------------ */

static size_t
cut_out(struct rng *r, uint8_t *p, size_t n)
{
	size_t at = rng_below(r, n), len = 1 + rng_below(r, MIN(n - at, 64u));

	memmove(p + at, p + at + len, n - at - len);
	return n - len;
}

static size_t
put_in(struct rng *r, uint8_t *p, size_t n, struct slice what)
{
	size_t at = rng_below(r, n + 1), len = MIN(what.n, INPUT_MAX - n);

	memmove(p + at + len, p + at, n - at);
	if (len > 0)
		memcpy(p + at, what.p, len);
	return n + len;
}

static size_t
put_noise(struct rng *r, uint8_t *p, size_t n)
{
	uint8_t noise[16];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)rng_u64(r);
	return put_in(r, p, n, slice_of(noise, 1 + rng_below(r, sizeof(noise))));
}

/* A piece of another input, or of the same. */
static size_t
put_piece(struct rng *r, uint8_t *p, size_t n, const struct input *other)
{
	uint8_t piece[512];
	size_t at, len;

	if (other->n == 0)
		return n;
	at = rng_below(r, other->n);
	len = 1 + rng_below(r, MIN(other->n - at, sizeof(piece)));
	memcpy(piece, other->p + at, len);
	return put_in(r, p, n, slice_of(piece, len));
}

static void
set_number(struct rng *r, uint8_t *p, size_t n)
{
	static const uint32_t numbers[] = { 0, 1, 2, 3, 4, 7, 8, 0x0f, 0x10, 0x3f,
		0x40, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x100, 0x1ff, 0x400, 0x401, 0x7fff,
		0x8000, 0xffff, 0x10000, 0x3ff8, 0x3ff9, 0x4000, 0x1000000,
		0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	uint32_t v = numbers[rng_below(r, ARRAY_LEN(numbers))];
	size_t len = (size_t)1 << rng_below(r, 3), at = rng_below(r, n);

	for (size_t i = 0; i < len && at + i < n; i++)
		p[at + i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

static size_t
mutate_once(struct fuzz *z, struct rng *r, uint8_t *p, size_t n)
{
	const struct input *other = &z->corpus[rng_below(r, z->n_corpus)];

	if (n == 0)
		return put_noise(r, p, n);
	switch (rng_below(r, 8)) {
	case 0:
		p[rng_below(r, n)] ^= (uint8_t)(1u << rng_below(r, 8));
		return n;
	case 1:
		p[rng_below(r, n)] = (uint8_t)rng_u64(r);
		return n;
	case 2:
		p[rng_below(r, n)] += (uint8_t)(rng_below(r, 7) - 3);
		return n;
	case 3:
		set_number(r, p, n);
		return n;
	case 4:
		return cut_out(r, p, n);
	case 5:
		return put_noise(r, p, n);
	case 6:
		return put_piece(r, p, n, other);
	default:
		return 1 + rng_below(r, n); /* cut off */
	}
}

static void
run_mutant(struct fuzz *z, uint64_t i)
{
	const struct input *from;
	uint8_t *p = z->mutant;
	struct rng r;
	size_t n;

	rng_seed(&r, z->seed * 1000003 + i);
	from = &z->corpus[rng_below(&r, z->n_corpus)];
	n = from->n;
	memcpy(p, from->p, n);
	for (uint64_t k = 1 + rng_below(&r, 6); k > 0; k--)
		n = mutate_once(z, &r, p, n);
	run(z, p, n);
}

/* Of this process: on a busy machine a mutant is not worth less. */
static uint64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * AX_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void
run_all(struct fuzz *z)
{
	uint64_t end_ns = cpu_ns() + z->seconds * AX_NS_PER_S, i;

	for (size_t k = 0; k < z->n_corpus; k++)
		run(z, z->corpus[k].p, z->corpus[k].n);
	for (i = 0; i < z->runs; i++) {
		if (i % 64 == 0 && cpu_ns() >= end_ns)
			break;
		run_mutant(z, i);
	}
	printf("%s: %zu inputs, %" PRIu64 " mutants of seed %" PRIu64 "\n", z->name,
	    z->n_corpus, i, z->seed);
}

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

static void
fuzz_init(struct fuzz *z, char *program)
{
	const char *top = getenv("top_srcdir");

	z->name = basename(program);
	z->seed = number_from("ATLAX_SEED", 1);
	z->runs = number_from("FUZZ_RUNS", RUNS);
	z->seconds = number_from("FUZZ_SECONDS", SECONDS_MAX);
	snprintf(z->dir, sizeof(z->dir), "%s/tests/fuzz/corpus/%s",
	    top == NULL ? ".." : top, z->name);
	kept_open(z);
	printf("%s: the input under test is in %s\n", z->name, z->kept);
	fflush(stdout);
}

static void
run_file(struct fuzz *z, const char *path)
{
	struct input in = input_load(path);

	run(z, in.p, in.n);
	free(in.p);
}

int
main(int argc, char **argv)
{
	struct fuzz *z = calloc(1, sizeof(*z));

	if (z == NULL)
		die("start", argv[0]);
	fuzz_init(z, argv[0]);
	for (int i = 1; i < argc; i++)
		run_file(z, argv[i]);
	if (argc == 1) {
		corpus_load(z);
		run_all(z);
	}
	for (size_t i = 0; i < z->n_corpus; i++)
		free(z->corpus[i].p);
	unlink(z->kept);
	free(z);
	return 0;
}
