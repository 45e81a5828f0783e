/*
 * hallmark-ceremony: plan, run, verify for roots that are shared out; found and
 * sign for those in software, whose passphrase comes on descriptor 3, never in an
 * argument.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "ceremony/ceremony.h"
#include "ceremony/guide.h"
#include "crypto/hash/memory.h"
#include "envelope/csr.h"

#define PASSPHRASE_DESCRIPTOR 3
#define NEXT_DESCRIPTOR	      4 /* the one that it shall be */
#define PASSPHRASE_MAX	      1024
#define OUTPUT_MAX	      (1 << 20)
#define EXIT_REFUSED	      1
#define EXIT_USAGE	      2

struct arguments {
	const char *home, *organization, *host, *root, *name, *slot, *csr, *out;
	const char *days, *generation, *policy;
	char *const *files; /* operands: plan or bundles */
	unsigned files_len;
	const char *previous;
	bool test, rehearse, json;
};

static const struct option longs[] = {
	{ "home", required_argument, NULL, 'h' },
	{ "organization", required_argument, NULL, 'O' },
	{ "host", required_argument, NULL, 'H' },
	{ "test", no_argument, NULL, 't' },
	{ "root", required_argument, NULL, 'r' },
	{ "name", required_argument, NULL, 'n' },
	{ "slot", required_argument, NULL, 's' },
	{ "csr", required_argument, NULL, 'c' },
	{ "out", required_argument, NULL, 'o' },
	{ "days", required_argument, NULL, 'd' },
	{ "policy", required_argument, NULL, 'P' },
	{ "previous", required_argument, NULL, 'p' },
	{ "generation", required_argument, NULL, 'g' },
	{ "json", no_argument, NULL, 'j' },
	{ "rehearse", no_argument, NULL, 'R' },
	{ NULL, 0, NULL, 0 },
};

static void
help(FILE *to)
{
	fputs("usage: hallmark-ceremony plan PLAN\n"
	      "       hallmark-ceremony run PLAN --out BUNDLE [--previous "
	      "BUNDLE] [--rehearse]\n"
	      "       hallmark-ceremony verify [--json] BUNDLE...\n"
	      "with the passphrase on descriptor 3:\n"
	      "       hallmark-ceremony found --home DIR --organization NAME "
	      "--host NAME [--test]\n"
	      "       hallmark-ceremony passphrase --home DIR [--json]\n"
	      "       hallmark-ceremony open --home DIR --root idevid|voucher\n"
	      "       hallmark-ceremony sign --home DIR --root idevid|voucher "
	      "--name NAME\n"
	      "           [--slot SLOT --generation N] --csr FILE --out FILE "
	      "[--days N]\n"
	      "           [--policy OID]\n",
	    to);
}

/* The fault is said first: the list is long. */
static int
usage(const char *verb)
{
	static const char *const verbs[] = { "plan", "run", "verify", "found",
		"sign", "passphrase", "open" };
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verb, verbs[i]) == 0)
			break;
	if (i < sizeof(verbs) / sizeof(verbs[0]))
		fprintf(stderr,
		    "hallmark-ceremony %s: a word or option is missing, or "
		    "one too many\n",
		    verb);
	else if (verb[0] != '\0')
		fprintf(
		    stderr, "hallmark-ceremony: there is no \"%s\"\n", verb);
	help(stderr);
	return EXIT_USAGE;
}

static bool
parse(int argc, char **argv, struct arguments *a)
{
	int c;

	argv[0] = program_invocation_short_name; /* getopt says it */
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'h':
			a->home = optarg;
			break;
		case 'O':
			a->organization = optarg;
			break;
		case 'H':
			a->host = optarg;
			break;
		case 't':
			a->test = true;
			break;
		case 'R':
			a->rehearse = true;
			break;
		case 'r':
			a->root = optarg;
			break;
		case 'n':
			a->name = optarg;
			break;
		case 's':
			a->slot = optarg;
			break;
		case 'c':
			a->csr = optarg;
			break;
		case 'o':
			a->out = optarg;
			break;
		case 'j':
			a->json = true;
			break;
		case 'p':
			a->previous = optarg;
			break;
		case 'g':
			a->generation = optarg;
			break;
		case 'P':
			a->policy = optarg;
			break;
		case 'd':
			a->days = optarg;
			break;
		default:
			return false;
		}
	a->files = argv + optind;
	a->files_len = (unsigned)(argc - optind);
	return true;
}

static enum reason
found(
    const struct arguments *a, const struct secret *passphrase, struct why *why)
{
	struct found_options o = { .home = a->home,
		.organization = a->organization,
		.host = a->host,
		.test = a->test,
		.passphrase = passphrase };

	return ceremony_found(&o, why);
}

/* open and sign. */
static enum reason
with_root(
    const struct arguments *a, const struct secret *passphrase, struct why *why)
{
	struct sign_options o = { .home = a->home,
		.name = a->name,
		.slot = a->slot,
		.policy = a->policy,
		.passphrase = passphrase,
		.root = strcmp(a->root, "idevid") == 0 ? CEREMONY_IDEVID
						       : CEREMONY_VOUCHER };
	struct buf csr, chain;
	uint64_t days = 0, generation = 0;
	enum reason r;

	if (a->csr == NULL)
		return ceremony_open(&o, why);
	if (a->generation != NULL &&
	    (!text_uint(span_str(a->generation), 999999, &generation) ||
		generation == 0))
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "generation: 1 to 999999");
	o.generation = (unsigned)generation;
	if (a->days != NULL &&
	    (!text_uint(span_str(a->days), 3650, &days) || days == 0))
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "days: 1 to 3650");
	o.days = (unsigned)days;
	if ((r = file_read(a->csr, &csr, CSR_TEXT_MAX, why)) != REASON_OK)
		return r;
	o.csr = buf_span(&csr);
	buf_init(&chain, 4 * CERTIFICATE_MAX);
	if ((r = ceremony_sign(&o, &chain, why)) == REASON_OK)
		r = file_write(a->out, buf_span(&chain), 0644, why);
	buf_free(&chain);
	buf_free(&csr);
	return r;
}

static enum reason
change_passphrase(
    const struct arguments *a, const struct secret *before, struct why *why)
{
	struct passphrase_options o = { .home = a->home, .before = before };
	struct passphrase_done done;
	struct secret next;
	enum reason r;

	if (!secret_read_fd(&next, NEXT_DESCRIPTOR, PASSPHRASE_MAX))
		return why_set(why, REASON_PASSPHRASE, -1,
		    "none, or too long a one, on descriptor %d",
		    NEXT_DESCRIPTOR);
	o.next = &next;
	r = ceremony_passphrase(&o, &done, why);
	secret_free(&next);
	if (r != REASON_OK && done.changed > 0)
		fprintf(stderr,
		    "%u key files have the new passphrase already; the same "
		    "again goes on behind them\n",
		    done.changed);
	if (r != REASON_OK)
		return r;
	printf(a->json ? "{\"files\":%u,\"changed\":%u,\"roots\":%u}\n"
		       : "files: %u\nchanged: %u\nroots: %u\n",
	    done.files, done.changed, done.roots);
	/* Whoever believed that nothing was done would keep the old one. */
	if (fflush(stdout) != 0)
		fprintf(stderr, "all %u key files have the new passphrase\n",
		    done.files);
	if (done.roots == 0)
		fputs("no root's key is here: where they are, they keep the "
		      "passphrase that they had\n",
		    stderr);
	return r;
}

/* Whatever needs the passphrase of software roots, or of a home. */
static enum reason
with_passphrase(const struct arguments *a, const char *verb, struct why *why)
{
	struct secret passphrase;
	enum reason r;

	if (!secret_read_fd(&passphrase, PASSPHRASE_DESCRIPTOR, PASSPHRASE_MAX))
		return why_set(why, REASON_PASSPHRASE, -1,
		    "none, or too long a one, on descriptor %d",
		    PASSPHRASE_DESCRIPTOR);
	r = strcmp(verb, "found") == 0 ? found(a, &passphrase, why)
	    : strcmp(verb, "passphrase") == 0
	    ? change_passphrase(a, &passphrase, why)
	    : with_root(a, &passphrase, why);
	secret_free(&passphrase);
	return r;
}

/* Aside, since the script cannot hold its own hash: whoever approves it on paper
 * writes the words there. */
static void
tell_script(struct span script)
{
	char hex[HEX_SIZE(HASH_SIZE)], words[FINGERPRINT_SIZE];
	uint8_t hash[HASH_SIZE];

	sha256(script, hash);
	hex_encode(hex, span_of(hash, sizeof(hash)));
	fingerprint_words(hash, words);
	fprintf(stderr, "script %s\n%s\n", hex, words);
}

/* For people, or {"ceremonies": [...]}. */
static enum reason
verify(const struct arguments *a, struct buf *out, struct why *why)
{
	static char room[OUTPUT_MAX];
	struct json_out o;
	struct span json;
	enum reason r;

	if (!a->json)
		return ceremony_verify(a->files, a->files_len, out, NULL, why);
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_put_name(&o, "ceremonies");
	json_begin_array(&o);
	r = ceremony_verify(a->files, a->files_len, out, &o, why);
	json_end_array(&o);
	json_end_object(&o);
	buf_clear(out);
	if (r == REASON_OK &&
	    (json_out_span(&o, &json) != WIRE_OK || !buf_add(out, json) ||
		!buf_printf(out, "\n")))
		r = why_set(why, REASON_INTERNAL, -1, "too much to say");
	return r;
}

static enum reason
by_plan(const struct arguments *a, const char *verb, struct why *why)
{
	struct buf out;
	enum reason r;

	buf_init(&out, OUTPUT_MAX);
	if (strcmp(verb, "run") == 0)
		r = ceremony_run(
		    a->files[0], a->out, a->previous, a->rehearse, why);
	else if (strcmp(verb, "plan") == 0)
		r = ceremony_plan(a->files[0], &out, why);
	else
		r = verify(a, &out, why);
	if (out.len > 0)
		fwrite(out.ptr, 1, out.len, stdout);
	if (r == REASON_OK && strcmp(verb, "plan") == 0 &&
	    fflush(stdout) == 0 && !ferror(stdout))
		tell_script(buf_span(&out));
	buf_free(&out);
	return r;
}

/* Are these the arguments that the verb takes? */
static bool
complete(const char *verb, const struct arguments *a)
{
	bool planned = a->files_len == 1 && a->home == NULL;

	if (a->json && strcmp(verb, "verify") != 0 &&
	    strcmp(verb, "passphrase") != 0)
		return false;
	if (strcmp(verb, "run") == 0)
		return planned && a->out != NULL;
	if (a->out == NULL && !a->rehearse && a->previous == NULL &&
	    (strcmp(verb, "plan") == 0 || strcmp(verb, "verify") == 0))
		return planned ||
		    (verb[0] == 'v' && a->files_len > 1 && a->home == NULL);
	if (a->files_len > 0 || a->home == NULL || a->rehearse ||
	    a->previous != NULL)
		return false;
	if (strcmp(verb, "passphrase") == 0)
		return a->organization == NULL && a->root == NULL &&
		    a->out == NULL && a->csr == NULL;
	if (strcmp(verb, "found") == 0)
		return a->organization != NULL && a->host != NULL;
	if (a->root == NULL ||
	    (strcmp(a->root, "idevid") != 0 && strcmp(a->root, "voucher") != 0))
		return false;
	if (strcmp(verb, "open") == 0)
		return a->name == NULL && a->csr == NULL && a->out == NULL;
	return strcmp(verb, "sign") == 0 && a->name != NULL && a->csr != NULL &&
	    a->out != NULL;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	const char *verb = argc > 1 ? argv[1] : "";
	char text[600];
	struct why why;
	enum reason r;

	process_harden();
	libcrypto_memory();
	umask(022); /* certificates are public; keys are made 0600 */
	log_open("ceremony");
	atexit(stdout_end);
	if (argc > 1 && strcmp(argv[argc - 1], "--help") == 0) {
		help(stdout);
		return EXIT_SUCCESS;
	}
	if (argc < 2 || !parse(argc - 1, argv + 1, &a) || !complete(verb, &a))
		return usage(verb);
	why_clear(&why);
	if (a.files_len > 0)
		r = by_plan(&a, verb, &why);
	else
		r = with_passphrase(&a, verb, &why);
	if (r == REASON_OK)
		return EXIT_SUCCESS;
	reason_print(text, sizeof(text), r, &why);
	fprintf(stderr, "hallmark-ceremony: %s\n", text);
	return r == REASON_ADMIN_ARGUMENT ? EXIT_USAGE : EXIT_REFUSED;
}
