/*
 * hallmark ca destroy, ca archive: first what two operators are to sign, then, with
 * their signatures, the end of the key.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "journal/ledger.h"
#include "wire/json.h"

#define KEY_FILE_MAX 16384

/* What is said with the deed: the journal refuses a key that comes back, but a home
 * that comes back as a whole knows no better. */
static void
print_evidence(const char *name, struct span json)
{
	char wrapping[32];

	if (!json_text(json, "wrapping", wrapping, sizeof(wrapping)) ||
	    strcmp(wrapping, "wrapping-key-apart") == 0)
		return;
	fprintf(stderr,
	    "%s: %s: whoever puts back a copy of the whole home%s has the key "
	    "again, and the home cannot tell; then only evidence outside of it "
	    "remains: manifests that peers have (hallmark manifest export), "
	    "and "
	    "the signed statement\n",
	    name,
	    strcmp(wrapping, "passphrase") == 0
		? "its file opened with the passphrase alone"
		: "its wrapping key lay in the home's own file system",
	    strcmp(wrapping, "passphrase") == 0
		? ""
		: ", signer/wrapping included,");
}

static enum reason
show(const struct cli *c, struct session *s, const char *name, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	enum reason r;

	request_begin(&m, "ca.show");
	request_text(&m, "name", name);
	if ((r = session_ask(s, &m, &reply, why)) != REASON_OK)
		return r;
	output_json(c, reply.json);
	print_evidence(name, reply.json);
	return REASON_OK;
}

static enum reason
add_files(const struct cli *c, struct message_admin *m, struct signatures *all,
    const char *copy, struct why *why)
{
	static uint8_t hash[HASH_SIZE];
	struct buf file;
	enum reason r = signatures_read(c, m, all, why);

	if (r != REASON_OK || copy == NULL)
		return r;
	if ((r = file_read(copy, &file, KEY_FILE_MAX, why)) != REASON_OK)
		return r;
	sha256(buf_span(&file), hash);
	buf_free(&file);
	request_bytes(m, "archive-sha256", span_of(hash, sizeof(hash)));
	return REASON_OK;
}

static int
end_with(struct cli *c, const char *verb, const char *out, const char *copy)
{
	struct signatures all = { 0 };
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct message_admin m;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	why_clear(&why);
	request_begin(&m, verb);
	request_text(&m, "name", c->operands[0]);
	if ((r = add_files(c, &m, &all, copy, &why)) == REASON_OK &&
	    (r = session_open(c, NEED_SIGNER, &s, &why)) == REASON_OK)
		r = session_ask(s, &m, &reply, &why);
	if (r == REASON_OK && c->operands_len == 1)
		r = file_write(out, reply.blob, 0644, &why);
	else if (r == REASON_OK)
		r = show(c, s, c->operands[0], &why);
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	else if (c->operands_len == 1)
		signatures_wanted(c, KEY_NAMESPACE,
		    strcmp(verb, "ca.archive") == 0 ? " --copy FILE --yes"
						    : " --yes");
	session_close(s);
	signatures_free(&all);
	return code;
}

static int
end_run(struct cli *c, const char *verb, const char *out, const char *copy,
    bool yes)
{
	bool archives = strcmp(verb, "ca.archive") == 0;

	if (c->operands_len == 2)
		return usage_error(c, "it takes two signatures");
	if (c->operands_len == 1 && (yes || copy != NULL))
		return usage_error(c, "without signatures nothing is done");
	if (c->operands_len == 3 && archives && copy == NULL)
		return usage_error(
		    c, "--copy names the copy, where it lies now");
	if (c->operands_len == 3 && !yes)
		return usage_error(c,
		    "the key %s will be erased for ever; say --yes",
		    c->operands[0]);
	return end_with(c, verb, out, copy);
}

int
ca_destroy_run(struct cli *c, int argc, char **argv)
{
	const char *out = "-";
	bool yes = false;
	const struct option_row rows[] = { { "out", &out, NULL, false },
		{ "yes", NULL, &yes, false }, { 0 } };

	if (!options_read(c, argc, argv, rows, 1, 3))
		return EXIT_USAGE;
	return end_run(c, "ca.destroy", out, NULL, yes);
}

int
ca_archive_run(struct cli *c, int argc, char **argv)
{
	const char *out = "-", *copy = NULL;
	bool yes = false;
	const struct option_row rows[] = { { "out", &out, NULL, false },
		{ "copy", &copy, NULL, false }, { "yes", NULL, &yes, false },
		{ 0 } };

	if (!options_read(c, argc, argv, rows, 1, 3))
		return EXIT_USAGE;
	return end_run(c, "ca.archive", out, copy, yes);
}
