/*
 * Names of the MASA that devices were given: what stands in an IDevID stays
 * there, so the list only grows. It is held against the names by which the operator
 * says that this service is reached (hallmark.ini names).
 */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/masa_url.h"

#define NAMES_SHOWN 64 /* by hallmark status */

struct names {
	struct authority *a;
	const char *known; /* of hallmark.ini */
	struct json_out *o;
	unsigned len, missing;
	char first[MASA_URL_MAX + 1]; /* of those that are missing */
};

/* What is in use now was declared before there was a list. */
static void
declare(void *context, const struct product *p)
{
	const struct names *n = context;
	char name[MASA_URL_MAX + 1];

	if (masa_url_authority(span_str(p->masa_url), name))
		(void)store_masa_name_add(n->a->store, name, clock_now());
}

static void
look(void *context, const char *name, int64_t since)
{
	struct names *n = context;

	(void)since;
	n->len++;
	if (masa_name_listed(n->known, name))
		return;
	if (n->missing++ == 0)
		memcpy(n->first, name, strlen(name) + 1);
}

enum reason
masa_names_check(struct authority *a, struct why *why)
{
	struct names n = { .a = a, .known = a->start.config.names };

	if (!masa_names_valid(n.known))
		return why_set(why, REASON_HOME_INVALID, -1,
		    "hallmark.ini: names: HOST or HOST:PORT, with commas");
	/* A verb without a service serves nobody, and may be what mends it. */
	if (a->start.offline)
		return REASON_OK;
	store_product_each(a->store, declare, &n);
	store_masa_name_each(a->store, look, &n);
	if (n.known[0] == '\0' && n.len > 0)
		log_warning("masa-names-unknown",
		    "names=\"%u\" first=\"%s\" text=\"devices ask for these "
		    "for ever; whether they lead here is not said\" "
		    "next=\"names in hallmark.ini\"",
		    n.len, n.first);
	if (n.known[0] == '\0' || n.missing == 0)
		return REASON_OK;
	return why_set(why, REASON_MASA_NAME, -1,
	    "%.80s: devices were given it (%u such names), and names in "
	    "hallmark.ini has it not: add it there, or leave names empty",
	    n.first, n.missing);
}

enum reason
masa_name_admit(
    const struct authority *a, const struct product *p, struct why *why)
{
	const char *known = a->start.config.names;
	char name[MASA_URL_MAX + 1];

	if (known[0] == '\0' ||
	    !masa_url_authority(span_str(p->masa_url), name) ||
	    masa_name_listed(known, name))
		return REASON_OK;
	return why_set(why, REASON_MASA_NAME, -1,
	    "%.100s: devices would have it for ever, and names in hallmark.ini "
	    "has it not: add it there first",
	    name);
}

bool
masa_name_keep(
    struct authority *a, const struct product *before, const struct product *p)
{
	char old[MASA_URL_MAX + 1], name[MASA_URL_MAX + 1];

	if (!masa_url_authority(span_str(p->masa_url), name))
		return true;
	if (before != NULL && a->start.config.names[0] == '\0' &&
	    masa_url_authority(span_str(before->masa_url), old) &&
	    strcmp(old, name) != 0)
		log_alarm("masa-name-changed",
		    "product=\"%s\" from=\"%s\" to=\"%s\" text=\"devices that "
		    "exist keep the first\" next=\"names in hallmark.ini\"",
		    p->name, old, name);
	return store_masa_name_add(a->store, name, clock_now());
}

static void
put_name(void *context, const char *name, int64_t since)
{
	struct names *n = context;
	char when[CLOCK_TEXT_SIZE];

	if (n->len++ >= NAMES_SHOWN)
		return;
	clock_print(when, since);
	json_begin_object(n->o);
	json_add_text(n->o, "name", name);
	json_add_text(n->o, "since", when);
	if (n->known[0] == '\0') {
		json_put_name(n->o, "served");
		json_put_null(n->o);
	} else {
		json_add_bool(n->o, "served", masa_name_listed(n->known, name));
	}
	json_end_object(n->o);
}

void
masa_names_status(struct authority *a, struct json_out *o)
{
	struct names n = { .a = a, .known = a->start.config.names, .o = o };

	json_put_name(o, "masa-names");
	json_begin_array(o);
	store_masa_name_each(a->store, put_name, &n);
	json_end_array(o);
}
