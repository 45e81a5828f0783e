/*
 * hallmark audit keys: every key that this home knows of, from birth to destruction
 * (R-15.1).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/audit.h"

static void
act_take(struct audit *a, const struct record *r)
{
	struct audited_key *k = audit_key(a, r->act.subject);

	if (k == NULL)
		return;
	if (strcmp(r->act.verb, LEDGER_VERB_RETIRE) == 0)
		k->ended = r->time;
}

static enum reason
record_take(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct audit *a = context;
	struct audited_key *k;

	(void)bytes;
	(void)why;
	switch (r->kind) {
	case RECORD_KEY:
		if ((k = audit_key(a, r->key.order.name)) != NULL) {
			k->born = r->time;
			k->born_record = r->sequence;
		}
		break;
	case RECORD_CA:
		if ((k = audit_key(a, r->ca.name)) != NULL)
			k->certified = r->time;
		break;
	case RECORD_POLICY:
		if ((k = audit_key(a, r->policy.order.name)) != NULL)
			k->changes++;
		break;
	case RECORD_ACT:
		act_take(a, r);
		break;
	default:
		break;
	}
	return REASON_OK;
}

/* Where it is, as far as this home can know. */
static void
put_file(const struct audit *a, struct json_out *o, const char *file)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), a->home, file);
	audit_put(o, "file", file);
	audit_put(o, "there",
	    access(path, F_OK) == 0 ? "yes"
		: errno == ENOENT   ? "no"
				    : "unknown");
}

static void
key_put(const struct audit *a, struct json_out *o, const struct audited_key *k)
{
	char file[KEY_NAME_MAX + 32];

	json_begin_object(o);
	audit_put(o, "name", k->name);
	audit_put(o, "purpose",
	    key_purpose_word(k->purpose));
	audit_put(o, "algorithm", k->algorithm);
	audit_put(o, "state", k->state);
	audit_put_moment(o, "born", k->born);
	audit_put_moment(o, "certified", k->certified);
	audit_put_moment(o, "retired", k->ended);
	json_put_name(o, "policy-changes");
	json_put_uint(o, k->changes);
	snprintf(file, sizeof(file), "signer/keys/%s.key", k->name);
	put_file(a, o, file);
	audit_put(o, "opens", "signer, with the passphrase");
	audit_put(o, "last-drill", "none: not split");
	json_end_object(o);
}

/* Keys that no record of the journal tells of. */
static void
other_put(const struct audit *a, struct json_out *o, const char *name,
    const char *purpose, const char *file, const char *opens, bool root)
{
	char path[PATH_MAX];
	bool here;

	path_join(path, sizeof(path), a->home, file);
	here = access(path, F_OK) == 0;
	json_begin_object(o);
	audit_put(o, "name", name);
	audit_put(o, "purpose", purpose);
	audit_put(o, "algorithm", root && here ? "p384" : NULL);
	audit_put(o, "state",
	    here       ? root ? "software root" : "in use"
		: root ? "elsewhere, or unknown"
		       : "unknown");
	audit_put(o, "born", NULL);
	audit_put(o, "certified", NULL);
	audit_put(o, "retired", NULL);
	json_put_name(o, "policy-changes");
	json_put_uint(o, 0);
	put_file(a, o, file);
	audit_put(o, "opens",
	    here || !root ? opens : "unknown: no ceremony on record");
	audit_put(o, "last-drill",
	    here || !root ? "none: not split"
			  : "unknown: no ceremony on record");
	json_end_object(o);
}

enum reason
audit_keys(struct audit *a, struct json_out *o, struct why *why)
{
	enum reason r = audit_journals(a, record_take, why);
	unsigned i;

	if (r != REASON_OK)
		return r;
	json_put_name(o, "keys");
	json_begin_array(o);
	for (i = 0; i < a->keys_len; i++)
		key_put(a, o, &a->keys[i]);
	other_put(a, o, "tag", "device tags", "signer/keys/tag.key",
	    "signer, with the passphrase", false);
	other_put(a, o, "tls", "web server", "front/tls.key", "front, in clear",
	    false);
	other_put(a, o, "idevid-root", "IDevID root",
	    "ceremony/idevid-root.key", "one person, with the passphrase",
	    true);
	other_put(a, o, "voucher-root", "voucher root",
	    "ceremony/voucher-root.key", "one person, with the passphrase",
	    true);
	json_end_array(o);
	return REASON_OK;
}
