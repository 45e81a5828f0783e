/* Media types, see media.h. */
#include "http/media.h"

#include "http/syntax.h"

/*
 * The table of MP 3, canonical names first of their format. A parameter that is
 * part of a type's name stands in its row. Old names stand behind switches.
 */
struct row {
	enum artifact_format format;
	bool canonical;
	unsigned legacy;       /* a form of legacy.h, or 0 */
	const char *type;      /* type/subtype */
	const char *parameter; /* NULL = none */
	const char *value;
	const char *name; /* as it is echoed */
};
#define PKCS7 LEGACY(LEGACY_MEDIA_PKCS7)
#define COSE  LEGACY(LEGACY_MEDIA_COSE)
static const struct row rows[] = {
	{ FORMAT_CMS_JSON, true, 0, "application/voucher-cms+json", NULL, NULL,
	    "application/voucher-cms+json" },
	{ FORMAT_CMS_JSON, false, PKCS7, "application/pkcs7-mime", "smime-type",
	    "voucher", "application/pkcs7-mime; smime-type=voucher" },
	{ FORMAT_CMS_JSON, false, PKCS7, "application/pkcs7-mime", NULL, NULL,
	    "application/pkcs7-mime" },
	{ FORMAT_JWS_JSON, true, 0, "application/voucher-jws+json", NULL, NULL,
	    "application/voucher-jws+json" },
	{ FORMAT_COSE_CBOR, true, 0, "application/voucher+cose", NULL, NULL,
	    "application/voucher+cose" },
	{ FORMAT_JWS_JSON, false, LEGACY(LEGACY_MEDIA_JOSE),
	    "application/voucher-jose+json", NULL, NULL,
	    "application/voucher-jose+json" },
	{ FORMAT_COSE_CBOR, false, COSE, "application/voucher-cose+cbor", NULL,
	    NULL, "application/voucher-cose+cbor" },
	{ FORMAT_COSE_CBOR, false, COSE, "application/cose", "cose-type",
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

/* The row that an element names exactly, allowed or not; ROWS if none. */
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

/* Without a wish: any, the request's own format and name first. */
static void
reply_any(struct media *m)
{
	unsigned i;

	m->reply = format_list_add(0, m->request);
	for (i = 0; i < ROWS; i++) {
		if (!rows[i].canonical)
			continue;
		m->reply = format_list_add(m->reply, rows[i].format);
		m->reply_types[rows[i].format] = rows[i].name;
	}
	m->reply_types[m->request] = rows[m->synonym].name;
}

enum reason
media_request(bool has_type, struct span type, unsigned allowed,
    struct media *out, struct why *why)
{
	unsigned row, legacy = 0;
	struct element e;

	memset(out, 0, sizeof(*out));
	if (!has_type || type.len == 0) {
		legacy = LEGACY(LEGACY_MEDIA_NONE);
		if ((legacy & ~allowed) != 0)
			return why_set(why, REASON_MEDIA_TYPE, -1,
			    "There is no Content-Type.");
		type = span_str(rows[0].type);
	}
	row = read_element(type, &e) ? find_row(&e) : ROWS;
	if (row == ROWS || (rows[row].legacy & ~allowed) != 0)
		return why_set(why, REASON_MEDIA_TYPE, -1, "It says %.*s%s.",
		    type.len < 100 ? (int)type.len : 100,
		    (const char *)type.ptr,
		    row == ROWS ? "" : ", which is switched off");
	out->legacy = legacy | rows[row].legacy;
	out->request = rows[row].format;
	out->synonym = row;
	reply_any(out);
	return REASON_OK;
}

/* --- Accept --- */

/* What all elements together say of every row: the quality of the most
 * specific one that fits (RFC 9110 12.5.1). */
struct wish {
	unsigned allowed; /* old names */
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
	} else if ((row = find_row(&e)) < ROWS &&
	    (rows[row].legacy & ~w->allowed) == 0) {
		w->names_exactly = w->exact[row] = true;
		w->quality[row] = larger(w->quality[row], e.quality);
	}
}

/* Whoever does not want a format by its canonical name does not want it by way
 * of a wildcard under another one. */
static bool
is_excluded(const struct wish *w, enum artifact_format format)
{
	unsigned i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].format == format && rows[i].canonical)
			return w->exact[i] && w->quality[i] == 0;
	return false;
}

static void
read_wish(
    struct wish *w, const struct span *accept, unsigned len, unsigned allowed)
{
	struct span item, list;
	unsigned i;

	memset(w, 0, sizeof(*w));
	w->allowed = allowed;
	for (i = 0; i < len; i++) {
		list = accept[i];
		while (syntax_next_item(&list, &item))
			note_element(w, item);
	}
	for (i = 0; i < ROWS; i++) {
		if (w->exact[i] || is_excluded(w, rows[i].format) ||
		    (rows[i].legacy & ~allowed) != 0)
			continue;
		if (w->has_application)
			w->quality[i] = w->application;
		else if (w->has_any)
			w->quality[i] = w->any;
	}
}

/* The row of a format that is wanted most; ROWS if none is. */
static unsigned
best_row(const struct wish *w, enum artifact_format format)
{
	unsigned i, best = ROWS;

	for (i = 0; i < ROWS; i++)
		if (rows[i].format == format && w->quality[i] > 0 &&
		    (best == ROWS || w->quality[i] > w->quality[best]))
			best = i;
	return best;
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

/* Of those that are not in the list yet: by quality, then the request's format,
 * then the order of the table. */
static enum artifact_format
next_format(const struct wish *w, const unsigned best[FORMAT_COSE_CBOR + 1],
    const struct media *m)
{
	enum artifact_format next = FORMAT_NONE;
	unsigned i, quality, most = 0;

	for (i = FORMAT_CMS_JSON; i <= FORMAT_COSE_CBOR; i++) {
		if (best[i] == ROWS || format_list_has(m->reply, i))
			continue;
		quality = w->quality[best[i]];
		if (quality < most || (quality == most && i != m->request))
			continue;
		most = quality;
		next = (enum artifact_format)i;
	}
	return next;
}

enum reason
media_reply(const struct span *accept, unsigned len, unsigned allowed,
    struct media *out, struct why *why)
{
	unsigned best[FORMAT_COSE_CBOR + 1], i, row;
	enum artifact_format f;
	struct wish w;

	read_wish(&w, accept, len, allowed);
	if (!w.listed)
		return REASON_OK; /* as media_request() left it */
	for (i = FORMAT_CMS_JSON; i <= FORMAT_COSE_CBOR; i++)
		best[i] = best_row(&w, (enum artifact_format)i);
	out->reply = 0;
	while ((f = next_format(&w, best, out)) != FORMAT_NONE) {
		out->reply = format_list_add(out->reply, f);
		row = name_of(&w, best[f], out->synonym);
		out->reply_types[f] = rows[row].name;
		out->legacy |= rows[row].legacy;
	}
	if (out->reply != 0)
		return REASON_OK;
	reply_any(out);
	if (w.names_exactly || w.has_any || w.has_application)
		return why_set(why, REASON_FORMAT_UNSUPPORTED, -1,
		    "Accept excludes every format.");
	return why_set(why, REASON_ACCEPT_UNKNOWN, -1,
	    "A voucher is application/voucher-cms+json, "
	    "application/voucher-jws+json or application/voucher+cose.");
}
