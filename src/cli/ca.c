/* hallmark ca create, request, import, policy, retire, list, show. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "cli/cli.h"
#include "wire/json.h"

static void
request_policy(struct message_admin *m, const struct ca_plan *p)
{
	request_text(m, "kinds", p->kinds);
	request_text(m, "product", p->product);
	request_text(m, "serials", p->serials);
	request_text(m, "limit", p->limit);
	request_text(m, "first-day", p->first_day);
	request_text(m, "last-day", p->last_day);
	request_text(m, "rate", p->rate);
	request_text(m, "months", p->months);
	request_text(m, "awake", p->awake);
}

static void
request_order(struct message_admin *m, const struct ca_plan *p)
{
	request_begin(m, "ca.request");
	request_text(m, "purpose", p->purpose);
	request_text(m, "name", p->name);
	request_text(m, "slot", p->slot);
	request_text(m, "algorithm", p->algorithm);
	request_text(m, "raw", p->raw ? "yes" : NULL);
	request_text(m, "succeeds", p->succeeds);
	request_text(m, "factory", p->factory);
	request_policy(m, p);
}

/* --- certificates come as PEM, one after another, or as one of DER --- */

struct chain {
	uint8_t *room[CHAIN_MAX]; /* owned */
	struct span der[CHAIN_MAX];
	unsigned len;
};

static void
chain_free(struct chain *ch)
{
	unsigned i;

	for (i = 0; i < CHAIN_MAX; i++)
		free(ch->room[i]);
	memset(ch, 0, sizeof(*ch));
}

static enum reason
chain_add(void *context, struct span der, struct why *why)
{
	struct chain *ch = context;

	if (ch->len == CHAIN_MAX)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "more than %d certificates", CHAIN_MAX);
	ch->room[ch->len] = memory_copy(der.ptr, der.len);
	ch->der[ch->len] = span_of(ch->room[ch->len], der.len);
	ch->len++;
	return REASON_OK;
}

static enum reason
chain_read(struct chain *ch, const char *path, struct why *why)
{
	return certificates_each(path, FILE_MAX, chain_add, ch, why);
}

static enum reason
chain_import(struct session *s, const char *name, const struct chain *ch,
    struct message_admin_reply *reply, struct why *why)
{
	struct message_admin m;
	char argument[16];
	unsigned i;

	request_begin(&m, "ca.import");
	request_text(&m, "name", name);
	for (i = 0; i < ch->len; i++) {
		snprintf(argument, sizeof(argument), "chain.%u", i);
		request_bytes(&m, argument, ch->der[i]);
	}
	return session_ask(s, &m, reply, why);
}

/* --- create --- */

/* Which CA of its slot it is, as the ledger has it. */
static enum reason
generation_get(
    struct session *s, const char *name, char out[CELL_MAX], struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	struct json_value root;
	enum reason r;

	request_begin(&m, "ca.show");
	request_text(&m, "name", name);
	if ((r = session_ask(s, &m, &reply, why)) != REASON_OK)
		return r;
	if (json_parse(reply.json, &root, NULL) != WIRE_OK)
		return why_set(why, REASON_INTERNAL, -1, "ca.show: no JSON");
	output_cell(out, &root, "generation");
	return REASON_OK;
}

static const char *
root_of(const struct ca_plan *p)
{
	return strcmp(p->purpose, "voucher") == 0 ? "voucher" : "idevid";
}

/* Before a key is made, whose name, slot and generation are taken for ever: is the
 * root there, and is this its passphrase? Options were looked at before. */
static enum reason
ceremony_open(const struct ca_plan *p, struct why *why)
{
	const char *argv[] = { "hallmark-ceremony", "open", "--home", p->home,
		"--root", root_of(p), NULL };

	return p->raw ? REASON_OK
		      : tool_run("ceremony", argv, p->passphrase, why);
}

static enum reason
ceremony_sign(const struct ca_plan *p, const char *generation, const char *csr,
    const char *out, struct why *why)
{
	const char *argv[20] = { "hallmark-ceremony", "sign", "--home", p->home,
		"--root", root_of(p), "--name", p->name, "--csr", csr, "--out",
		out };
	unsigned n = 12;

	if (p->slot != NULL) {
		argv[n++] = "--slot";
		argv[n++] = p->slot;
		argv[n++] = "--generation";
		argv[n++] = generation;
	}
	if (p->asserts != NULL) {
		argv[n++] = "--policy";
		argv[n] = p->asserts;
	}
	return tool_run("ceremony", argv, p->passphrase, why);
}

/* A raw key comes with its placeholder. */
static enum reason
raw_create(struct session *s, const struct ca_plan *p, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	struct chain ch = { 0 };
	enum reason r;

	request_order(&m, p);
	if ((r = session_ask(s, &m, &reply, why)) == REASON_OK &&
	    (r = chain_add(&ch, reply.blob, why)) == REASON_OK)
		r = chain_import(s, p->name, &ch, &reply, why);
	chain_free(&ch);
	return r;
}

/* The request of a key that is made lies nowhere else, and the key is of no use
 * without it. */
static void
request_rescue(const char *name, struct span request)
{
	struct buf pem;

	buf_init(&pem, FRAME_MAX);
	if (!pem_write(&pem, "CERTIFICATE REQUEST", request))
		fatal("no room for PEM");
	fprintf(stderr, "the key %s is made; this is its request:\n%.*s", name,
	    (int)pem.len, (const char *)pem.ptr);
	buf_free(&pem);
}

enum reason
ca_create_with(struct session *s, struct ca_plan *p, struct why *why)
{
	char csr[PATH_MAX], certificate[PATH_MAX], file[64];
	char generation[CELL_MAX];
	struct message_admin_reply reply;
	struct message_admin m;
	struct chain ch = { 0 };
	enum reason r;

	if (strchr(p->name, '/') != NULL || strlen(p->name) > KEY_NAME_MAX)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "name: at most %d of A-Z a-z 0-9 -", KEY_NAME_MAX);
	if (p->raw)
		return raw_create(s, p, why);
	snprintf(file, sizeof(file), "ceremony/%s.csr", p->name);
	path_join(csr, sizeof(csr), p->home, file);
	snprintf(file, sizeof(file), "ceremony/%s.pem", p->name);
	path_join(certificate, sizeof(certificate), p->home, file);
	request_order(&m, p);
	if ((r = file_writable(csr, why)) != REASON_OK ||
	    (r = session_ask(s, &m, &reply, why)) != REASON_OK)
		goto out;
	if ((r = file_write(csr, reply.blob, 0644, why)) != REASON_OK) {
		request_rescue(p->name, reply.blob);
		goto out;
	}
	p->made = true;
	if ((r = generation_get(s, p->name, generation, why)) != REASON_OK ||
	    (r = ceremony_sign(p, generation, csr, certificate, why)) !=
		REASON_OK ||
	    (r = chain_read(&ch, certificate, why)) != REASON_OK)
		goto out;
	r = chain_import(s, p->name, &ch, &reply, why);
out:
	chain_free(&ch);
	return r;
}

#define POLICY_ROWS(p)                                     \
	{ "kinds", &(p)->kinds, NULL, false },             \
	    { "product", &(p)->product, NULL, false },     \
	    { "serials", &(p)->serials, NULL, false },     \
	    { "limit", &(p)->limit, NULL, false },         \
	    { "first-day", &(p)->first_day, NULL, false }, \
	    { "last-day", &(p)->last_day, NULL, false },   \
	    { "months", &(p)->months, NULL, false },       \
	    { "awake", &(p)->awake, NULL, false },         \
	{                                                  \
		"rate", &(p)->rate, NULL, false            \
	}

static bool
order_options(
    struct cli *c, int argc, char **argv, struct ca_plan *p, const char **out)
{
	const struct option_row rows[] = { { "purpose", &p->purpose, NULL,
					       true },
		{ "name", &p->name, NULL, true },
		{ "slot", &p->slot, NULL, false },
		{ "algorithm", &p->algorithm, NULL, false },
		{ "succeeds", &p->succeeds, NULL, false },
		{ "factory", &p->factory, NULL, false }, POLICY_ROWS(p),
		/* out: the root lies elsewhere; raw: there is none */
		{ out == NULL ? "raw" : "out", out,
		    out == NULL ? &p->raw : NULL, false },
		{ out == NULL ? "certificate-policy" : NULL, &p->asserts, NULL,
		    false },
		{ 0 } };

	return options_read(c, argc, argv, rows, 0, 0);
}

static int
show_name(const struct cli *c, struct session *s, const char *name)
{
	struct message_admin_reply reply;
	struct message_admin m;
	struct why why;
	enum reason r;

	request_begin(&m, "ca.show");
	request_text(&m, "name", name);
	if ((r = session_ask(s, &m, &reply, &why)) != REASON_OK)
		return refuse(c, r, &why);
	output_json(c, reply.json);
	return EXIT_DONE;
}

/* The root's key is opened here, not by the service: its passphrase is asked
 * for in any case, and serves both where no service runs. */
int
ca_create_run(struct cli *c, int argc, char **argv)
{
	struct ca_plan p = { .passphrase = -1 };
	struct session *s = NULL;
	char home[CONFIG_TEXT];
	uint8_t oid[POLICY_OID_MAX];
	struct cli again;
	char fd[16];
	struct why why;
	enum reason r;
	size_t len;
	int code;

	if (!order_options(c, argc, argv, &p, NULL))
		return EXIT_USAGE;
	if (strcmp(p.purpose, key_purpose_word(PURPOSE_MANIFEST)) == 0)
		return usage_error(c,
		    "a manifest key has no certificate: ca request makes it");
	if (p.raw && p.asserts != NULL)
		return usage_error(
		    c, "what a placeholder asserts means nothing");
	if (p.asserts != NULL && !policy_oid_read(p.asserts, oid, &len))
		return usage_error(c,
		    "certificate-policy: an OID such as 1.3.6.1.4.1.1.1, "
		    "and not anyPolicy");
	why_clear(&why);
	if ((r = home_path(c, home, &why)) != REASON_OK ||
	    (r = passphrase_get(c, false, &p.passphrase, &why)) != REASON_OK)
		return refuse(c, r, &why);
	p.home = home;
	if ((r = ceremony_open(&p, &why)) != REASON_OK) {
		close(p.passphrase);
		return refuse(c, r, &why);
	}
	again = *c;
	snprintf(fd, sizeof(fd), "%d", dup(p.passphrase));
	again.passphrase_file = NULL;
	again.passphrase_fd = fd;
	if ((r = session_open(&again, NEED_SIGNER, &s, &why)) != REASON_OK ||
	    (r = ca_create_with(s, &p, &why)) != REASON_OK) {
		code = refuse(c, r, &why);
		if (p.made)
			fprintf(stderr,
			    "the key is made: sign %s/ceremony/%s.csr with "
			    "hallmark-ceremony(8), then ca import\n",
			    home, p.name);
	} else {
		code = show_name(c, s, p.name);
	}
	session_close(s);
	close(p.passphrase);
	return code;
}

/* --- request and import: the root lies elsewhere --- */

/* As JSON only where no file is asked for: that is for whoever signs it. */
static enum reason
request_out(const struct cli *c, const char *name, const char *out,
    struct span request, struct why *why)
{
	char room[ADMIN_ARTIFACT_MAX * 2];
	struct json_out o;
	struct span json;
	struct buf pem;
	enum reason r;

	if (c->json && strcmp(out, "-") == 0) {
		json_out_open(&o, room, sizeof(room));
		json_begin_object(&o);
		json_add_text(&o, "name", name);
		json_add_base64(&o, "request", request);
		json_end_object(&o);
		if (json_out_span(&o, &json) != WIRE_OK)
			return why_set(why, REASON_INTERNAL, -1, "%s", "");
		output_json(c, json);
		return fflush(stdout) == 0
		    ? REASON_OK
		    : why_set(why, REASON_FILE_UNREADABLE, -1,
			  "standard output: %m");
	}
	buf_init(&pem, FRAME_MAX);
	if (!pem_write(&pem, "CERTIFICATE REQUEST", request))
		fatal("no room for PEM");
	r = file_write(out, buf_span(&pem), 0644, why);
	buf_free(&pem);
	return r;
}

int
ca_request_run(struct cli *c, int argc, char **argv)
{
	struct ca_plan p = { 0 };
	const char *out = "-";
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct message_admin m;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	if (!order_options(c, argc, argv, &p, &out))
		return EXIT_USAGE;
	why_clear(&why);
	request_order(&m, &p);
	if ((r = file_writable(out, &why)) == REASON_OK &&
	    (r = session_open(c, NEED_SIGNER, &s, &why)) == REASON_OK &&
	    (r = session_ask(s, &m, &reply, &why)) == REASON_OK &&
	    (r = request_out(c, p.name, out, reply.blob, &why)) != REASON_OK)
		request_rescue(p.name, reply.blob);
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	session_close(s);
	return code;
}

int
ca_import_run(struct cli *c, int argc, char **argv)
{
	const char *name = NULL;
	const struct option_row rows[] = { { "name", &name, NULL, true },
		{ 0 } };
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct chain ch = { 0 };
	struct why why;
	enum reason r = REASON_OK;
	unsigned i;
	int code;

	if (!options_read(c, argc, argv, rows, 1, CHAIN_MAX))
		return EXIT_USAGE;
	why_clear(&why);
	for (i = 0; r == REASON_OK && i < c->operands_len; i++)
		r = chain_read(&ch, c->operands[i], &why);
	if (r != REASON_OK ||
	    (r = session_open(c, NEED_SIGNER, &s, &why)) != REASON_OK ||
	    (r = chain_import(s, name, &ch, &reply, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else
		code = show_name(c, s, name);
	session_close(s);
	chain_free(&ch);
	return code;
}

int
ca_policy_run(struct cli *c, int argc, char **argv)
{
	struct ca_plan p = { 0 };
	const struct option_row rows[] = { POLICY_ROWS(&p), { 0 } };
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct message_admin m;
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	why_clear(&why);
	request_begin(&m, "ca.policy");
	request_text(&m, "name", c->operands[0]);
	request_policy(&m, &p);
	if (m.arguments_len == 1)
		return usage_error(c, "it takes at least one option");
	if ((r = session_open(c, NEED_SIGNER, &s, &why)) != REASON_OK ||
	    (r = session_ask(s, &m, &reply, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else
		code = show_name(c, s, c->operands[0]);
	session_close(s);
	return code;
}

int
ca_retire_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"ca.retire", NEED_SIGNER, { "name" }, .required = "reason" });
}

int
ca_activate_run(struct cli *c, int argc, char **argv)
{
	const char *until = NULL;
	const struct option_row rows[] = { { "until", &until, NULL, true },
		{ 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "ca.activate");
	request_text(&m, "name", c->operands[0]);
	request_text(&m, "until", until);
	return session_run(c, NEED_SIGNER, &m);
}

int
ca_list_run(struct cli *c, int argc, char **argv)
{
	static const char *const columns[] = { "name", "purpose", "state",
		"slot", "root", "issued", "limit", "used-percent", "end",
		"not-after", NULL };

	return session_verb(c, argc, argv,
	    &(struct plain_verb){ "ca.list", NEED_STORE,
		.fields = { PAGE_FIELDS }, .columns = columns });
}

/* A key without a certificate has none to show. */
static enum reason
show_pem(struct session *s, struct span json, struct buf *pem, struct why *why)
{
	(void)s;
	(void)why;
	(void)output_chain(json, pem);
	return REASON_OK;
}

int
ca_show_run(struct cli *c, int argc, char **argv)
{
	bool pem = false;
	const struct option_row rows[] = { { "pem", NULL, &pem, false },
		{ 0 } };
	struct message_admin m;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	request_begin(&m, "ca.show");
	request_text(&m, "name", c->operands[0]);
	return pem ? session_run_pem(c, &m, show_pem)
		   : session_run(c, NEED_STORE, &m);
}
