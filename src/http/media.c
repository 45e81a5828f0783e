/* Media types, see media.h. */
#include "http/media.h"

#include "http/syntax.h"

/*
 * The table of MP 3, canonical names first of their format. A parameter that is
 * part of a type's name stands in its row; application/voucher-jose+json waits
 * for a switch of its own.
 */
struct row {
	enum artifact_format format;
	bool canonical;
	bool made;	       /* this version reads and writes it */
	const char *type;      /* type/subtype */
	const char *parameter; /* NULL = none */
	const char *value;
	const char *name; /* as it is echoed */
};
static const struct row rows[] = {
	{ FORMAT_CMS_JSON, true, true, "application/voucher-cms+json", NULL,
	    NULL, "application/voucher-cms+json" },
	{ FORMAT_CMS_JSON, false, true, "application/pkcs7-mime", "smime-type",
	    "voucher", "application/pkcs7-mime; smime-type=voucher" },
	{ FORMAT_CMS_JSON, false, true, "application/pkcs7-mime", NULL, NULL,
	    "application/pkcs7-mime" },
	{ FORMAT_JWS_JSON, true, false, "application/voucher-jws+json", NULL,
	    NULL, "application/voucher-jws+json" },
	{ FORMAT_COSE_CBOR, true, false, "application/voucher+cose", NULL, NULL,
	    "application/voucher+cose" },
	{ FORMAT_COSE_CBOR, false, false, "application/voucher-cose+cbor", NULL,
	    NULL, "application/voucher-cose+cbor" },
	{ FORMAT_COSE_CBOR, false, false, "application/cose", "cose-type",
	    "cose-sign1", "application/cose; cose-type=\"cose-sign1\"" },
};
#define ROWS	    (sizeof(rows) / sizeof(rows[0]))
#define QUALITY_ONE 1000 /* qualities in thousandths, RFC 9110 12.4.2 */

/* One element of Content-Type or Accept, taken apart. */
struct element {
	struct span type;	 /* "type/subtype" as it was written */
	struct span name, value; /* a parameter that some row has */
	bool has_parameter;
	unsigned quality;
};

/* "0", "0.5", "1.000": at most three decimals; false for anything else. */
static bool
read_quality(struct span s, unsigned *quality)
{
	unsigned scale = 100, q = 0;
	size_t i;

	if (s.len < 1 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1') ||
	    (s.len > 1 && s.ptr[1] != '.'))
		return false;
	for (i = 2; i < s.len; i++, scale /= 10) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		q += (unsigned)(s.ptr[i] - '0') * scale;
	}
	q += s.ptr[0] == '1' ? QUALITY_ONE : 0;
	*quality = q;
	return q <= QUALITY_ONE;
}

/* Parameters that no row has are dropped (MP 3 rule 1). */
static bool
is_ours(struct span name)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].parameter != NULL &&
		    syntax_same(name, rows[i].parameter))
			return true;
	return false;
}

/* false if it cannot be read, which makes it a type that nobody knows. */
static bool
read_element(struct span text, struct element *e)
{
	struct span part, name, value;

	memset(e, 0, sizeof(*e));
	e->quality = QUALITY_ONE;
	if (!syntax_next_part(&text, &e->type))
		return false;
	while (syntax_next_part(&text, &part)) {
		if (!syntax_parameter(part, &name, &value))
			return false;
		if (syntax_same(name, "q")) {
			if (!read_quality(value, &e->quality))
				return false;
		} else if (is_ours(name)) {
			if (e->has_parameter)
				return false;
			e->has_parameter = true;
			e->name = name;
			e->value = value;
		}
	}
	return true;
}

/* The row that an element names exactly; ROWS if none. */
static unsigned
find_row(const struct element *e)
{
	unsigned i;

	for (i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		if (!syntax_same(e->type, r->type) ||
		    e->has_parameter != (r->parameter != NULL))
			continue;
		if (r->parameter == NULL ||
		    (syntax_same(e->name, r->parameter) &&
			syntax_same(e->value, r->value)))
			return i;
	}
	return ROWS;
}

enum reason
media_request(
    bool has_type, struct span type, struct media *out, struct why *why)
{
	struct element e;
	unsigned row;

	memset(out, 0, sizeof(*out));
	if (!has_type || type.len == 0)
		return why_set(
		    why, REASON_MEDIA_TYPE, -1, "There is no Content-Type.");
	row = read_element(type, &e) ? find_row(&e) : ROWS;
	if (row == ROWS || !rows[row].made)
		return why_set(why, REASON_MEDIA_TYPE, -1, "It says %.*s.",
		    type.len < 100 ? (int)type.len : 100,
		    (const char *)type.ptr);
	out->request = out->reply = rows[row].format;
	out->reply_type = rows[row].name;
	out->synonym = row;
	return REASON_OK;
}

/* --- Accept --- */

/* What all elements together say of every row: the quality of the most
 * specific one that fits (RFC 9110 12.5.1). */
struct wish {
	unsigned quality[ROWS];
	bool exact[ROWS];
	unsigned any, application; /* of the wildcards */
	bool has_any, has_application;
	bool names_exactly; /* some row */
	bool listed;	    /* some element at all */
};

static unsigned
larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void
note_element(struct wish *w, struct span text)
{
	struct element e;
	unsigned row;

	w->listed = true;
	if (!read_element(text, &e))
		return;
	if (span_is(e.type, "*/*")) {
		w->has_any = true;
		w->any = larger(w->any, e.quality);
	} else if (syntax_same(e.type, "application/*")) {
		w->has_application = true;
		w->application = larger(w->application, e.quality);
	} else if ((row = find_row(&e)) < ROWS) {
		w->names_exactly = w->exact[row] = true;
		w->quality[row] = larger(w->quality[row], e.quality);
	}
}

static void
read_wish(struct wish *w, const struct span *accept, unsigned len)
{
	struct span item, list;
	unsigned i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < len; i++) {
		list = accept[i];
		while (syntax_next_item(&list, &item))
			note_element(w, item);
	}
	for (i = 0; i < ROWS; i++) {
		if (w->exact[i])
			continue;
		if (w->has_application)
			w->quality[i] = w->application;
		else if (w->has_any)
			w->quality[i] = w->any;
	}
}

/* Is row a to be preferred to b? What we can make, then quality, then the
 * request's format, then the order of the table. */
static bool
preferred(
    const struct wish *w, unsigned a, unsigned b, enum artifact_format request)
{
	if (rows[a].made != rows[b].made)
		return rows[a].made;
	if (w->quality[a] != w->quality[b])
		return w->quality[a] > w->quality[b];
	return rows[a].format == request && rows[b].format != request;
}

/* MP 3 rule 4: the canonical name where it is acceptable, and the request's own
 * where Accept names none. */
static unsigned
name_of(const struct wish *w, unsigned best, unsigned synonym)
{
	unsigned i;

	if (!w->names_exactly && rows[synonym].format == rows[best].format)
		return synonym;
	for (i = 0; i < ROWS; i++)
		if (rows[i].format == rows[best].format && rows[i].canonical &&
		    w->quality[i] > 0)
			return i;
	return best;
}

enum reason
media_reply(
    const struct span *accept, unsigned len, struct media *out, struct why *why)
{
	unsigned i, best = ROWS;
	struct wish w;

	read_wish(&w, accept, len);
	if (!w.listed)
		return REASON_OK; /* as media_request() left it */
	for (i = 0; i < ROWS; i++)
		if (w.quality[i] > 0 &&
		    (best == ROWS || preferred(&w, i, best, out->request)))
			best = i;
	if (best == ROWS && (w.names_exactly || w.has_any || w.has_application))
		return why_set(why, REASON_FORMAT_UNSUPPORTED, -1,
		    "Accept excludes every format.");
	if (best == ROWS)
		return REASON_ACCEPT_UNKNOWN;
	best = name_of(&w, best, out->synonym);
	out->reply = rows[best].format;
	out->reply_type = rows[best].name;
	return REASON_OK;
}
