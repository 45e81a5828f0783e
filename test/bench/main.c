/*
 * bench: phases of load against a service that runs, one JSON object a line for
 * each. usage: bench HOME PORT FOLDER REPEAT UNITS CONNECTIONS CMS JWS COSE NEW
 * RESUMED NAME=PID... with counts per phase, the first three of vouchers in that
 * format on warm connections, the others of CMS; FOLDER holds customers in 0, 1, 2 ... and
 * the file of the sync measurement.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "bench.h"

/* What is loaded, one after another. */
static const struct phase {
	const char *name;
	enum load_mode mode;
	enum artifact_format format;
} phases[] = {
	{ "warm", LOAD_WARM, FORMAT_CMS_JSON },
	{ "jws", LOAD_WARM, FORMAT_JWS_JSON },
	{ "cose", LOAD_WARM, FORMAT_COSE_CBOR },
	{ "new", LOAD_NEW, FORMAT_CMS_JSON },
	{ "resumed", LOAD_RESUMED, FORMAT_CMS_JSON },
};
#define PHASES (sizeof(phases) / sizeof(phases[0]))

static struct {
	const char *home, *folder;
	unsigned port, repeat, connections;
	unsigned count[PHASES];
	struct registrar registrars[REGISTRARS_MAX];
	unsigned registrars_len;
	struct program before[PROGRAMS_MAX], after[PROGRAMS_MAX];
	unsigned programs_len;
	struct unit *units; /* each asks for one voucher only */
	size_t units_len, used;
	struct root root;
} bench;

static unsigned
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || n > 1000000)
		fatal("%s is no count", text);
	return (unsigned)n;
}

static void
arguments(int argc, char **argv)
{
	int i;

	if (argc < 12)
		fatal("usage: see main.c");
	bench.home = argv[1];
	bench.port = number(argv[2]);
	bench.folder = argv[3];
	bench.repeat = number(argv[4]);
	bench.units_len = number(argv[5]);
	bench.connections = number(argv[6]);
	for (i = 0; i < (int)PHASES; i++)
		bench.count[i] = number(argv[7 + i]);
	for (i = 7 + (int)PHASES; i < argc && bench.programs_len < PROGRAMS_MAX;
	     i++) {
		struct program *p = &bench.before[bench.programs_len++];

		if (sscanf(argv[i], "%15[a-z]=%d", p->name, &p->pid) != 2)
			fatal("%s is no program", argv[i]);
	}
	memcpy(bench.after, bench.before, sizeof(bench.after));
}

static void
customers(void)
{
	char path[PATH_MAX], name[16];

	while (bench.registrars_len < REGISTRARS_MAX &&
	    bench.registrars_len < bench.connections) {
		snprintf(name, sizeof(name), "%u/ca.pem", bench.registrars_len);
		path_join(path, sizeof(path), bench.folder, name);
		if (access(path, R_OK) != 0)
			break;
		*strrchr(path, '/') = '\0';
		registrar_load(&bench.registrars[bench.registrars_len++], path);
	}
	if (bench.registrars_len == 0)
		fatal("no customers in %s", bench.folder);
	path_join(path, sizeof(path), bench.home, "anchors/voucher-root.pem");
	root_load(&bench.root, path);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
clock_starts(void)
{
	programs_read(bench.before, bench.programs_len);
}

static void
print_phase(const char *name, size_t n, uint64_t wall, uint64_t *latency,
    const struct rates *a, const struct rates *b)
{
	unsigned i;

	qsort(latency, n, sizeof(*latency), compare);
	printf("{\"phase\":\"%s\",\"count\":%zu,\"wall\":%.6f,"
	       "\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f,"
	       "\"sign\":%.0f,\"verify\":%.0f,\"exchange\":%.0f,"
	       "\"sha256\":%.0f,\"programs\":{",
	    name, n, (double)wall / 1e9, (double)latency[n / 2] / 1e3,
	    (double)latency[n * 9 / 10] / 1e3,
	    (double)latency[n * 99 / 100] / 1e3, (double)latency[n - 1] / 1e3,
	    (a->sign + b->sign) / 2, (a->verify + b->verify) / 2,
	    (a->exchange + b->exchange) / 2, (a->sha256 + b->sha256) / 2);
	for (i = 0; i < bench.programs_len; i++)
		printf("%s\"%s\":{\"cpu\":%.6f,\"rss\":%lu,\"peak\":%lu}",
		    i == 0 ? "" : ",", bench.after[i].name,
		    (double)(bench.after[i].cpu - bench.before[i].cpu) / 1e9,
		    bench.after[i].rss, bench.after[i].peak);
	printf("}}\n");
	fflush(stdout);
}

/* --- phases --- */

static void
phase_issue(struct unit *list, size_t n)
{
	uint64_t *latency = memory_array(n, sizeof(*latency)), wall;
	struct rates a, b;

	rates_measure(&a);
	clock_starts();
	units_issue(
	    list, n, bench.home, "router-9", bench.connections, latency, &wall);
	programs_read(bench.after, bench.programs_len);
	rates_measure(&b);
	print_phase("idevid", n, wall, latency, &a, &b);
	free(latency);
}

static void
phase_finish(const struct load *l, const char (*nonces)[NONCE_MAX + 1],
    const struct phase *p, uint64_t wall, const struct rates *a)
{
	size_t i, n = l->jobs_len - l->connections;
	uint64_t *latency = memory_array(n, sizeof(*latency));
	struct rates b;

	rates_measure(&b);
	for (i = 0; i < l->jobs_len; i++) {
		const struct job *j = &l->jobs[i];

		if (i >= l->connections)
			latency[i - l->connections] = j->latency;
		if (j->keep)
			voucher_check(buf_span(&j->reply), p->format,
			    &bench.root, bench.units[bench.used + i].serial,
			    nonces[i]);
	}
	print_phase(p->name, n, wall, latency, a, &b);
	free(latency);
}

static void
phase_load(const struct phase *p, unsigned count)
{
	size_t i, n = count + bench.connections;
	char(*nonces)[NONCE_MAX + 1] = memory_array(n, sizeof(*nonces));
	struct load l = { .mode = p->mode,
		.port = bench.port,
		.registrars = bench.registrars,
		.registrars_len = bench.registrars_len,
		.connections = bench.connections,
		.jobs = memory_array(n, sizeof(*l.jobs)),
		.jobs_len = n };
	struct rates a;
	uint64_t wall;

	if (count == 0)
		goto out;
	for (i = 0; i < n; i++) {
		request_make(&bench.units[bench.used + i],
		    &bench.registrars[i % bench.registrars_len], p->format,
		    bench.port, nonces[i], &l.jobs[i].request);
		l.jobs[i].keep = i % SAMPLE == 0;
	}
	rates_measure(&a);
	wall = load_run(&l, clock_starts);
	programs_read(bench.after, bench.programs_len);
	phase_finish(&l, nonces, p, wall, &a);
	bench.used += n;
	for (i = 0; i < n; i++) {
		buf_free(&l.jobs[i].request);
		buf_free(&l.jobs[i].reply);
	}
out:
	free(l.jobs);
	free(nonces);
}

int
main(int argc, char **argv)
{
	size_t i, part, done, needed = 0;
	unsigned turn;

	log_open("bench");
	arguments(argc, argv);
	customers();
	for (i = 0; i < PHASES; i++)
		if (bench.count[i] > 0)
			needed += bench.count[i] + bench.connections;
	if (bench.units_len < bench.repeat * needed)
		fatal("too few units for so many requests");
	bench.units = memory_array(bench.units_len, sizeof(*bench.units));
	for (i = 0; i < bench.units_len; i++)
		unit_make(&bench.units[i]);
	part = bench.units_len / bench.repeat;
	for (done = 0; done < bench.units_len; done += part)
		phase_issue(&bench.units[done],
		    part < bench.units_len - done ? part
						  : bench.units_len - done);
	for (turn = 0; turn < bench.repeat; turn++)
		for (i = 0; i < PHASES; i++)
			phase_load(&phases[i], bench.count[i]);
	printf("{\"phase\":\"sync\",\"ns\":%llu}\n",
	    (unsigned long long)sync_measure(bench.folder));
	return 0;
}
