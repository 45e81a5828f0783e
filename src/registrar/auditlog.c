/* registrar auditlog, registrar judge: fetch a device's log, or take one that is on
 * file, and say what stands out. */
#include "registrar/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "registrar/audit_log.h"
#include "wire/json.h"

#define LOG_MAX	  262144 /* octets of a log on file */
#define JSON_ROOM (4 * LOG_MAX)

static void
domain_add(struct audit_domains *out, const uint8_t *id, uint8_t len)
{
	if (out->len == AUDIT_DOMAINS_MAX)
		return;
	memcpy(out->ids[out->len].id, id, len);
	out->ids[out->len++].len = len;
}

/* Own domains: every certificate that could have been pinned for us, or its key
 * alone, which is known by its hash (MP 14.3). */
static void
domains_gather(const struct identity *i, struct audit_domains *out)
{
	const struct certificate_file *files[] = { &i->own, &i->more };
	uint8_t id[KEY_ID_MAX], len;
	unsigned f, n;

	memset(out, 0, sizeof(*out));
	for (f = 0; f < 2; f++)
		for (n = 0; n < files[f]->len; n++) {
			certificate_domain_id(&files[f]->list[n], id, &len);
			domain_add(out, id, len);
			sha256(files[f]->list[n].spki, id);
			domain_add(out, id, HASH_SIZE);
		}
}

static void
entry_print(const struct audit_entry *e, bool own)
{
	char date[CLOCK_TEXT_SIZE], id[BASE64_SIZE(KEY_ID_MAX)];

	clock_print(date, e->date);
	base64_encode(id, span_of(e->domain_id, e->domain_id_len));
	printf("%s  %-9s  %-7s  %-44s  %s", date, assertion_text(e->assertion),
	    own ? "own" : "FOREIGN", id,
	    e->nonce[0] == '\0' ? "(nonceless)" : e->nonce);
	if (e->truncated > 0)
		printf("  (+%llu older)", (unsigned long long)e->truncated);
	printf("\n");
}

static void
text_print(const struct audit_log *log, const struct audit_domains *domains,
    const struct audit_findings *f)
{
	unsigned i;

	for (i = 0; i < log->len; i++)
		entry_print(&log->entries[i],
		    audit_domain_known(domains, &log->entries[i]));
	printf("%u entries, %u of other domains, %u of these nonceless%s\n",
	    log->len, f->foreign, f->nonceless,
	    f->truncated ? "; some were left out" : "");
	if (f->nonceless > 0)
		printf("A nonceless voucher of another domain can be used "
		       "again: reset or isolate the device before use.\n");
}

static void
put_entry(struct json_out *o, const struct audit_entry *e, bool own)
{
	char date[CLOCK_TEXT_SIZE];

	clock_print(date, e->date);
	json_begin_object(o);
	json_add_text(o, "date", date);
	json_add_base64(o, "domainID", span_of(e->domain_id, e->domain_id_len));
	json_add_bool(o, "own", own);
	json_add_optional(o, "nonce", e->nonce);
	json_add_text(o, "assertion", assertion_text(e->assertion));
	json_add_uint(o, "truncated", e->truncated);
	json_end_object(o);
}

static void
json_print(const struct audit_log *log, const struct audit_domains *domains,
    const struct audit_findings *f)
{
	char *room = memory_new(JSON_ROOM);
	struct json_out o;
	struct span written;
	unsigned i;

	json_out_open(&o, room, JSON_ROOM);
	json_begin_object(&o);
	json_put_name(&o, "events");
	json_begin_array(&o);
	for (i = 0; i < log->len; i++)
		put_entry(&o, &log->entries[i],
		    audit_domain_known(domains, &log->entries[i]));
	json_end_array(&o);
	json_add_uint(&o, "foreign", f->foreign);
	json_add_uint(&o, "foreign-nonceless", f->nonceless);
	json_add_bool(&o, "truncated", f->truncated);
	json_end_object(&o);
	if (json_out_span(&o, &written) != WIRE_OK)
		fatal("an audit log does not fit %d octets", JSON_ROOM);
	printf("%.*s\n", (int)written.len, room);
	free(room);
}

/* What it says, for whom these certificates are. */
static enum reason
log_tell(
    struct span body, const struct identity *own, bool json, struct why *why)
{
	struct audit_log *log = memory_new(sizeof(*log));
	struct audit_domains domains;
	struct audit_findings findings;
	enum reason r = audit_log_read(body, log, why);

	if (r == REASON_OK) {
		domains_gather(own, &domains);
		audit_log_judge(log, &domains, &findings);
		if (json)
			json_print(log, &domains, &findings);
		else
			text_print(log, &domains, &findings);
	}
	free(log);
	return r;
}

enum reason
audit_log_fetch(struct ask *a, struct why *why)
{
	struct response answer;
	enum reason r;

	r = ask_send(a, "requestauditlog", "application/json", &answer, why);
	if (r != REASON_OK)
		return r;
	r = log_tell(buf_span(&answer.body), &a->signer, a->options.json, why);
	buf_free(&answer.body);
	return r;
}

/* One that was fetched by another registrar, or before. */
static enum reason
judge(const char *path, const char *certificate, const char *chain, bool json,
    struct why *why)
{
	struct identity *own = memory_new(sizeof(*own));
	struct buf log;
	enum reason r;

	if ((r = certificates_load(&own->own, certificate, why)) == REASON_OK &&
	    chain != NULL)
		r = certificates_load(&own->more, chain, why);
	if (r == REASON_OK &&
	    (r = file_read(path, &log, LOG_MAX, why)) == REASON_OK) {
		r = log_tell(buf_span(&log), own, json, why);
		buf_free(&log);
	}
	identity_free(own);
	free(own);
	return r;
}

enum exit_code
registrar_judge(int argc, char **argv)
{
	const char *certificate = NULL, *chain = NULL, *path = NULL;
	bool json = false;
	const struct option_row rows[] = {
		{ "certificate", &certificate, NULL, true },
		{ "chain", &chain, NULL, false },
		{ "json", NULL, &json, false },
		{ 0 },
	};
	struct why why;
	enum reason r;

	if (options_read(argc, argv, rows, &path, 1) != EXIT_DONE)
		return EXIT_USAGE;
	why_clear(&why);
	r = judge(path, certificate, chain, json, &why);
	return r == REASON_OK ? EXIT_DONE : refuse(r, &why);
}

enum exit_code
registrar_auditlog(int argc, char **argv)
{
	struct ask *a = memory_new(sizeof(*a));
	struct option_row rows[OPTIONS_MAX] = { 0 };
	enum exit_code code = EXIT_USAGE;
	struct why why;
	enum reason r;

	ask_rows(rows, &a->options, true);
	if (options_read(argc, argv, rows, NULL, 0) == EXIT_DONE) {
		why_clear(&why);
		if ((r = ask_open(a, &why)) == REASON_OK)
			r = audit_log_fetch(a, &why);
		code = r == REASON_OK ? EXIT_DONE : refuse(r, &why);
		ask_free(a);
	}
	free(a);
	return code;
}
