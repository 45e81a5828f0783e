/* Content-Type and Accept, see media.h. */
#include "http/media.h"

#include <stdio.h>
#include <strings.h>

static const struct {
	const char *name;
	enum artifact_format format;
	bool request; /* taken as Content-Type */
} types[] = {
	{ "application/voucher-cms+json", FORMAT_CMS_JSON, true },
	{ "application/pkcs7-mime", FORMAT_CMS_JSON, true },
	{ "application/voucher-jws+json", FORMAT_JWS_JSON, false },
	{ "application/voucher+cose", FORMAT_COSE_CBOR, false },
	{ "application/voucher-cose+cbor", FORMAT_COSE_CBOR, false },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static struct span
part(struct span *rest, char separator)
{
	const uint8_t *at =
	    rest->len == 0 ? NULL : memchr(rest->ptr, separator, rest->len);
	struct span s = *rest;

	if (at != NULL)
		s.len = (size_t)(at - rest->ptr);
	rest->ptr += s.len + (at != NULL);
	rest->len -= s.len + (at != NULL);
	while (s.len > 0 && (*s.ptr == ' ' || *s.ptr == '\t')) {
		s.ptr++;
		s.len--;
	}
	while (
	    s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool
same(struct span s, const char *text)
{
	return s.len == strlen(text) &&
	    strncasecmp((const char *)s.ptr, text, s.len) == 0;
}

static size_t
find(struct span name)
{
	size_t i;

	for (i = 0; i < TYPES; i++)
		if (same(name, types[i].name))
			break;
	return i;
}

/* Which row a Content-Type is, TYPES if none that may carry a request. */
static size_t
request_type(struct span content_type)
{
	struct span rest = content_type, name = part(&rest, ';'), p;
	size_t at = find(name);

	if (at == TYPES || !types[at].request)
		return TYPES;
	/* pkcs7-mime with another smime-type is another thing (MP 3). */
	while (rest.len > 0) {
		p = part(&rest, ';');
		if (at == 1 && p.len > 11 &&
		    strncasecmp((const char *)p.ptr, "smime-type=", 11) == 0 &&
		    !same(span_of(p.ptr + 11, p.len - 11), "voucher") &&
		    !same(span_of(p.ptr + 11, p.len - 11), "\"voucher\""))
			return TYPES;
	}
	return at;
}

enum reason
media_request(struct span content_type, struct media *out, struct why *why)
{
	size_t at = request_type(content_type);

	memset(out, 0, sizeof(*out));
	if (at == TYPES)
		return why_set(why, REASON_MEDIA_TYPE, -1, "%s",
		    content_type.ptr == NULL ? "there is no Content-Type" : "");
	out->format = out->reply = types[at].format;
	snprintf(out->echo, sizeof(out->echo), "%s", types[at].name);
	return REASON_OK;
}

/* q in thousandths; a malformed one counts as 0. */
static unsigned
quality(struct span parameters)
{
	unsigned value = 1000, digit = 100;
	size_t i;

	while (parameters.len > 0) {
		struct span p = part(&parameters, ';');

		if (p.len < 3 || (p.ptr[0] | 0x20) != 'q' || p.ptr[1] != '=')
			continue;
		value = p.ptr[2] == '1' ? 1000 : 0;
		for (i = 4; i < p.len && value < 1000 && digit > 0; i++) {
			if (p.ptr[i] < '0' || p.ptr[i] > '9')
				return 0;
			value += digit * (unsigned)(p.ptr[i] - '0');
			digit /= 10;
		}
	}
	return value;
}

struct choice {
	unsigned best[TYPES]; /* quality of each type named exactly */
	bool named[TYPES];
	unsigned any; /* of wildcards */
	bool something;
};

static void
accept_read(struct span accept, struct choice *c)
{
	while (accept.len > 0) {
		struct span rest = part(&accept, ','), name = part(&rest, ';');
		unsigned q = quality(rest);
		size_t at = find(name);

		if (same(name, "*/*") || same(name, "application/*")) {
			c->something = true;
			c->any = q > c->any ? q : c->any;
		} else if (at < TYPES) {
			c->something = true;
			c->named[at] = true;
			c->best[at] = q;
		}
	}
}

enum reason
media_negotiate(struct span content_type, struct span accept, struct media *out,
    struct why *why)
{
	struct choice c = { 0 };
	size_t own, i, best = TYPES;
	unsigned q, best_q = 0;
	enum reason r = media_request(content_type, out, why);

	if (r != REASON_OK || accept.ptr == NULL)
		return r;
	accept_read(accept, &c);
	if (!c.something)
		return why_set(why, REASON_ACCEPT_UNKNOWN, -1, "%s", "");
	own = request_type(content_type);
	/* Best quality; at a tie the request's own type, then its format. */
	for (i = 0; i < TYPES; i++) {
		q = c.named[i] ? c.best[i]
		    : types[i].format == types[own].format && i == own ? c.any
								       : 0;
		if (q > best_q ||
		    (q == best_q && q > 0 &&
			(i == own ||
			    (best != own &&
				types[best].format != types[own].format &&
				types[i].format == types[own].format)))) {
			best = i;
			best_q = q;
		}
	}
	if (best == TYPES)
		return why_set(why, REASON_FORMAT_UNSUPPORTED, -1,
		    "every type in Accept has quality 0");
	out->reply = types[best].format;
	/* A synonym only where it is all that is acceptable (rule 4). */
	if (types[best].request && !c.named[0])
		snprintf(out->echo, sizeof(out->echo), "%s", types[best].name);
	else
		snprintf(out->echo, sizeof(out->echo), "%s",
		    format_media_type(out->reply));
	return REASON_OK;
}
