/*
 * hallmark lint --all-issued: everything on record once more, for a rule that
 * is new. The authority tells what there is, page by page, and a checker of our
 * own looks at each certificate.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "wire/json.h"

struct issuing_ca {
	char name[KEY_NAME_MAX + 1];
	char slot[SLOT_TOKEN_MAX + 1];
	bool issues;	  /* IDevIDs; else it signs vouchers */
	struct buf chain; /* DER, own one first; its first part is the CA */
	struct span certificate;
};

struct line {
	char name[PRODUCT_NAME_MAX + 1];
	char token[PRODUCT_TOKEN_MAX + 1];
	char scheme[SERIAL_MAX + 1];
	unsigned counter_width;
	bool check_character, import_only, masa_url;
};

struct history {
	struct linting *l;
	struct session *s;
	struct span voucher_policy;
	size_t cas_len, lines_len;
	struct issuing_ca *cas; /* owned */
	struct line *lines;	/* owned */
	struct seen above;	/* CAs above ours, which several may share */
	struct progress bar;
	size_t done;
};

static bool
yes(const struct json_value *object, const char *name)
{
	char text[CELL_MAX];

	output_cell(text, object, name);
	return strcmp(text, "yes") == 0;
}

static void
copy(char *out, size_t cap, const struct json_value *object, const char *name)
{
	char text[CELL_MAX];

	output_cell(text, object, name);
	if (strcmp(text, "-") == 0)
		text[0] = '\0';
	(void)text_copy(out, cap, span_str(text));
}

static bool
add_der(struct buf *b, const struct json_value *v)
{
	uint8_t room[CERTIFICATE_MAX];
	struct span der;

	return json_certificate(v, room, &der) && buf_add(b, der);
}

/* --- what is there: signing keys and products --- */

/* Room for one more; doubled, so that it is moved seldom. */
static void *
grown(void *array, size_t len, size_t size)
{
	if (len > 0 && (len & (len - 1)) != 0)
		return array;
	array = realloc(array, (len == 0 ? 1 : 2 * len) * size);
	if (array == NULL)
		fatal("out of memory");
	return array;
}

static enum reason
ask(struct history *h, const char *verb, const char *name,
    struct json_value *out, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	enum reason r;

	request_begin(&m, verb);
	request_text(&m, "name", name);
	if ((r = session_ask(h->s, &m, &reply, why)) != REASON_OK)
		return r;
	return json_parse(reply.json, out, NULL) == WIRE_OK
	    ? REASON_OK
	    : why_set(why, REASON_INTERNAL, -1, "%s: no JSON", verb);
}

static enum reason
chain_load(struct history *h, struct issuing_ca *ca, struct why *why)
{
	struct json_value root, chain, one;
	struct json_iter i;
	struct span rest;
	enum reason r;

	buf_init(&ca->chain, CHAIN_MAX * CERTIFICATE_MAX);
	if ((r = ask(h, "ca.show", ca->name, &root, why)) != REASON_OK)
		return r;
	if (json_member(&root, "chain", &chain)) {
		json_iter_open(&i, &chain);
		while (json_iter_next(&i, NULL, &one))
			if (!add_der(&ca->chain, &one))
				return why_set(why, REASON_INTERNAL, -1,
				    "%s: a chain that is none", ca->name);
	}
	rest = buf_span(&ca->chain);
	(void)der_next(&rest, &ca->certificate);
	return REASON_OK;
}

static enum reason
ca_take(void *context, const struct json_value *row, struct why *why)
{
	struct history *h = context;
	struct issuing_ca *ca;
	char text[CELL_MAX];

	(void)why;
	h->cas = grown(h->cas, h->cas_len, sizeof(*h->cas));
	ca = &h->cas[h->cas_len++];
	memset(ca, 0, sizeof(*ca));
	copy(ca->name, sizeof(ca->name), row, "name");
	copy(ca->slot, sizeof(ca->slot), row, "slot");
	output_cell(text, row, "purpose");
	ca->issues = strcmp(text, "idevid-ca") == 0;
	return REASON_OK;
}

static enum reason
line_take(void *context, const struct json_value *row, struct why *why)
{
	struct history *h = context;
	struct line *p;
	char text[CELL_MAX];
	uint64_t width;

	(void)why;
	h->lines = grown(h->lines, h->lines_len, sizeof(*h->lines));
	p = &h->lines[h->lines_len++];
	memset(p, 0, sizeof(*p));
	copy(p->name, sizeof(p->name), row, "name");
	copy(p->token, sizeof(p->token), row, "token");
	copy(p->scheme, sizeof(p->scheme), row, "scheme");
	output_cell(text, row, "counter-width");
	p->counter_width =
	    text_uint(span_str(text), 12, &width) ? (unsigned)width : 0;
	p->check_character = yes(row, "check-character");
	p->import_only = yes(row, "import-only");
	output_cell(text, row, "masa-url");
	p->masa_url = strcmp(text, "-") != 0;
	return REASON_OK;
}

static enum reason
known_load(struct history *h, struct why *why)
{
	struct message_admin m;
	enum reason r;
	size_t n;

	request_begin(&m, "ca.list");
	r = session_pages(h->s, &m, "cas", ca_take, h, why);
	for (n = 0; r == REASON_OK && n < h->cas_len; n++)
		r = chain_load(h, &h->cas[n], why);
	if (r != REASON_OK)
		return r;
	request_begin(&m, "product.list");
	return session_pages(h->s, &m, "products", line_take, h, why);
}

/* --- looking --- */

/* The chain of a key: its own certificate by its purpose, CAs above it. */
static void
chain_lint(struct history *h, const struct issuing_ca *ca)
{
	struct lint_order order = { .voucher_policy = h->voucher_policy,
		.issuer_named = true };
	struct span rest = buf_span(&ca->chain), one;
	char name[CELL_MAX];
	uint8_t hash[HASH_SIZE];
	unsigned i;

	for (i = 0; !h->l->gone && der_next(&rest, &one); i++) {
		order.subject =
		    i > 0 || ca->issues ? LINT_CA : LINT_VOUCHER_SIGNER;
		snprintf(name, sizeof(name), "%s#%u", ca->name, i + 1);
		sha256(one, hash);
		if (seen_add(&h->above, hash, hash) == SEEN_NEW)
			lint_certificate(
			    h->l, name, one, rest.len > 0 ? rest : one, &order);
	}
}

static const struct issuing_ca *
ca_of(const struct history *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->cas_len; i++)
		if (strcmp(h->cas[i].name, name) == 0)
			return &h->cas[i];
	return NULL;
}

/* By the rules of its product as they are now. */
static void
order_fill(const struct history *h, const struct issuing_ca *ca,
    const char *product, struct lint_order *o)
{
	const struct line *p = NULL;
	size_t i;

	for (i = 0; i < h->lines_len; i++)
		if (strcmp(h->lines[i].name, product) == 0)
			p = &h->lines[i];
	if (p == NULL)
		return;
	o->masa_url_required = p->masa_url;
	if (ca == NULL || p->import_only || o->imported)
		return;
	memcpy(o->token, p->token, sizeof(o->token));
	memcpy(o->scheme, p->scheme, sizeof(o->scheme));
	memcpy(o->slot, ca->slot, sizeof(o->slot));
	o->counter_width = p->counter_width;
	o->check_character = p->check_character;
}

static enum reason
device_lint(void *context, const struct json_value *d, struct why *why)
{
	struct history *h = context;
	char serial[CELL_MAX], name[CELL_MAX], text[CELL_MAX];
	struct lint_order order = { .subject = LINT_IDEVID,
		.voucher_policy = h->voucher_policy };
	const struct issuing_ca *ca;
	struct json_value v;
	struct buf der;
	bool good;

	output_cell(serial, d, "serial");
	output_cell(text, d, "origin");
	order.imported = strcmp(text, "imported") == 0;
	output_cell(text, d, "ca");
	ca = order.imported ? NULL : ca_of(h, text);
	order.issuer_is_idevid_ca = order.issuer_named = ca != NULL;
	output_cell(text, d, "product");
	order_fill(h, ca, text, &order);
	buf_init(&der, CERTIFICATE_MAX);
	good = json_member(d, "certificate", &v) && add_der(&der, &v);
	snprintf(name, sizeof(name), "%.*s", SERIAL_MAX, serial);
	if (good)
		lint_certificate(h->l, name, buf_span(&der),
		    ca == NULL ? span_of(NULL, 0) : ca->certificate, &order);
	buf_free(&der);
	progress_step(&h->bar, ++h->done);
	if (h->l->gone) /* the checker: the caller sees that */
		return REASON_UNAVAILABLE;
	return good ? REASON_OK
		    : why_set(why, REASON_INTERNAL, -1,
			  "%s has no certificate on record", name);
}

static enum reason
count_devices(struct history *h, size_t *total, struct why *why)
{
	struct json_value root;
	char text[CELL_MAX];
	uint64_t n = 0;
	enum reason r = ask(h, "service.status", NULL, &root, why);

	if (r != REASON_OK)
		return r;
	output_cell(text, &root, "devices");
	(void)text_uint(span_str(text), INT64_MAX, &n);
	*total = (size_t)n;
	return REASON_OK;
}

static enum reason
devices_lint(struct history *h, struct why *why)
{
	struct message_admin m;
	size_t total = 0;
	enum reason r = count_devices(h, &total, why);

	if (r != REASON_OK || h->l->gone)
		return r;
	request_begin(&m, "device.list");
	request_text(&m, "whole", "yes");
	progress_begin(&h->bar, "linting", total);
	r = session_pages(h->s, &m, "devices", device_lint, h, why);
	progress_end(&h->bar);
	return h->l->gone ? REASON_OK : r;
}

enum reason
lint_issued(struct linting *l, struct span voucher_policy, struct why *why)
{
	struct history h = { .l = l, .voucher_policy = voucher_policy };
	enum reason r;
	size_t i;

	if ((r = session_open(l->c, NEED_STORE, &h.s, why)) == REASON_OK &&
	    (r = known_load(&h, why)) == REASON_OK) {
		for (i = 0; i < h.cas_len; i++)
			chain_lint(&h, &h.cas[i]);
		r = devices_lint(&h, why);
	}
	for (i = 0; i < h.cas_len; i++)
		buf_free(&h.cas[i].chain);
	free(h.cas);
	free(h.lines);
	seen_free(&h.above);
	session_close(h.s);
	return r;
}
