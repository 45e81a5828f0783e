/*
 * hallmark audit keys: every key that this home knows of, from birth to destruction
 * (R-15.1).
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/audit.h"

#define YEAR_AND_A_DAY (366 * INT64_C(86400)) /* IP 8: a drill each year */

/* A ceremony on record, and its bundle among those that are shown, or not. */
static void
ceremony_take(struct audit *a, const char *subject)
{
	unsigned i;

	if (a->evidence == NULL) {
		audit_finding(a, REASON_OK,
		    "a ceremony on record, its bundle not shown (--evidence)",
		    subject);
		return;
	}
	for (i = 0; i < a->evidence->ceremonies_len; i++) {
		struct kept_ceremony *kept = &a->evidence->ceremonies[i];

		if (strncmp(kept->manifest, subject, 2 * HASH_SIZE) == 0) {
			kept->recorded = true;
			return;
		}
	}
	audit_finding(a, REASON_INVENTORY_DIFFERS,
	    "a ceremony on record whose bundle is missing", subject);
}

static void
act_take(struct audit *a, const struct record *r)
{
	struct audited_key *k;
	char name[KEY_NAME_MAX + 1];
	const char *cause;

	if (strcmp(r->act.verb, LEDGER_VERB_CEREMONY) == 0)
		ceremony_take(a, r->act.subject);
	if (strcmp(r->act.verb, LEDGER_VERB_RETIRE) != 0 ||
	    !ledger_retire_read(r->act.subject, name, &cause) ||
	    (k = audit_key(a, name)) == NULL)
		return;
	k->ended = r->time;
	(void)text_copy(k->cause, sizeof(k->cause), span_str(cause));
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
			k->wrapped = r->key.wrapped;
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
	case RECORD_ENDED:
		if ((k = audit_key(a, r->ended.name)) != NULL)
			k->gone = r->time;
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
	json_add_optional(o, "file", file);
	json_add_optional(o, "there",
	    access(path, F_OK) == 0 ? "yes"
		: errno == ENOENT   ? "no"
				    : "unknown");
}

/* What the directory should hold, by the record of the key. */
static void
file_judge(struct audit *a, const struct audited_key *k, const char *file)
{
	char path[PATH_MAX];
	bool gone = strcmp(k->state, "destroyed") == 0 ||
	    strcmp(k->state, "archived") == 0;

	path_join(path, sizeof(path), a->home, file);
	if (access(path, F_OK) == 0) {
		if (gone)
			audit_finding(a, REASON_INVENTORY_DIFFERS,
			    "erased by its record, and its file is there",
			    k->name);
	} else if (errno == ENOENT && !gone)
		audit_finding(a, REASON_INVENTORY_DIFFERS,
		    "a record without its key file", k->name);
}

/* Who opens it, by its record and by its wrapping key, whose folder may be one that
 * is mounted; an empty file says that it is lost for good (hallmark-home(5)). */
static const char *
opened_by(struct audit *a, const struct audited_key *k)
{
	char file[KEY_NAME_MAX + 32], path[PATH_MAX];
	struct stat st;

	if (k->gone != 0)
		return "nobody, by its record";
	if (!k->wrapped)
		return "signer, with the passphrase";
	snprintf(file, sizeof(file), "signer/wrapping/%s.key", k->name);
	path_join(path, sizeof(path), a->home, file);
	if (stat(path, &st) == 0 && st.st_size == 0) {
		audit_finding(
		    a, REASON_OK, "its wrapping key is lost for good", k->name);
		return "nobody, without its wrapping key";
	}
	if (access(path, F_OK) != 0 && errno == ENOENT)
		audit_finding(a, REASON_INVENTORY_DIFFERS,
		    "a key without its wrapping key, which is lost or not "
		    "mounted",
		    k->name);
	return "signer, with the passphrase and its wrapping key";
}

/* Which ceremony certified it; a root that is none of software is to have one. */
static const char *
ceremony_of(struct audit *a, const struct audited_key *k)
{
	const struct kept_ceremony *kept = a->evidence == NULL
	    ? NULL
	    : evidence_signed(a->evidence, k->certificate);

	if (kept != NULL)
		return kept->manifest;
	if (k->certificate[0] != '\0' && !k->software_root && k->levels > 1)
		audit_finding(a,
		    a->evidence == NULL ? REASON_OK : REASON_INVENTORY_DIFFERS,
		    "certified in a ceremony that is not shown", k->name);
	return NULL;
}

static void
key_put(struct audit *a, struct json_out *o, const struct audited_key *k)
{
	char file[KEY_NAME_MAX + 32];

	json_begin_object(o);
	json_add_optional(o, "name", k->name);
	json_add_optional(o, "purpose", key_purpose_word(k->purpose));
	json_add_optional(o, "algorithm", k->algorithm);
	json_add_optional(o, "state", k->state);
	audit_put_moment(o, "born", k->born);
	audit_put_moment(o, "certified", k->certified);
	audit_put_moment(o, "retired", k->ended);
	json_add_optional(o, "retired-for", k->cause);
	audit_put_moment(o, "erased", k->gone);
	json_add_uint(o, "policy-changes", k->changes);
	snprintf(file, sizeof(file), "signer/keys/%s.key", k->name);
	put_file(a, o, file);
	file_judge(a, k, file);
	json_add_optional(o, "opens", opened_by(a, k));
	json_add_optional(o, "last-drill", "none: not split");
	json_add_optional(o, "ceremony", ceremony_of(a, k));
	json_end_object(o);
}

/* "any 4 of 7: c1 (vault-berlin, bag 1017), ..." */
static void
holders_print(const struct kept_root *r, char out[CELL_MAX])
{
	int len =
	    snprintf(out, CELL_MAX, "any %u of %u", r->threshold, r->shares);
	const struct kept_holder *h;

	_Static_assert(EVIDENCE_HOLDERS * sizeof(*h) + 64 < CELL_MAX,
	    "all holders fit one cell");
	for (h = r->holders; h < r->holders + r->holders_len; h++)
		len += snprintf(out + len, (size_t)(CELL_MAX - len),
		    "%s %s (%s%s%s)", h == r->holders ? ":" : ",", h->handle,
		    h->place, h->bag[0] == '\0' ? "" : ", bag ", h->bag);
}

/* A root that lives in shares: its file is paper, in bags. */
static void
root_put(struct audit *a, struct json_out *o, const struct kept_root *r)
{
	/* Or of an unfinished refresh alone: what closed one lies elsewhere. */
	bool told = r->last[0] != '\0';
	char opens[CELL_MAX] = "";

	if (told)
		holders_print(r, opens);
	json_begin_object(o);
	json_add_optional(o, "name", r->name);
	json_add_optional(o, "purpose",
	    strcmp(r->purpose, "idevid") == 0 ? "IDevID root" : "voucher root");
	json_add_optional(o, "algorithm", r->algorithm);
	json_add_optional(o, "state", r->destroyed ? "destroyed" : "in shares");
	audit_put_moment(o, "born", r->born);
	audit_put_moment(o, "certified", r->born);
	json_add_optional(o, "retired", NULL);
	json_add_optional(o, "retired-for", NULL);
	audit_put_moment(o, "erased", r->destroyed ? r->touched : 0);
	json_add_uint(o, "policy-changes", 0);
	json_add_optional(o, "file", NULL);
	json_add_optional(o, "there", NULL);
	json_add_optional(
	    o, "opens", r->destroyed ? "nobody, by its ceremony" : opens);
	audit_put_moment(o, "last-drill", r->drilled);
	json_add_optional(o, "ceremony", r->last);
	json_end_object(o);
	if (told && !r->destroyed && clock_now() - r->drilled > YEAR_AND_A_DAY)
		audit_finding(a, REASON_INVENTORY_DIFFERS,
		    "no quorum has recovered it for a year", r->name);
	if (!r->destroyed && r->old_open > 0)
		audit_finding(a, REASON_OK,
		    "old shares that nobody saw destroyed open it, too: a new "
		    "key is to be planned",
		    r->name);
	if (!r->destroyed && r->unfinished > 0)
		audit_finding(a, REASON_OK,
		    "shares of a refresh that is not finished open it, too "
		    "(hallmark ceremony verify)",
		    r->name);
}

static void
roots_put(struct audit *a, struct json_out *o)
{
	unsigned i;

	for (i = 0; a->evidence != NULL && i < a->evidence->roots_len; i++)
		root_put(a, o, &a->evidence->roots[i]);
	for (i = 0; a->evidence != NULL && i < a->evidence->ceremonies_len; i++)
		if (!a->evidence->ceremonies[i].recorded)
			audit_finding(a, REASON_INVENTORY_DIFFERS,
			    "a bundle of a ceremony that is not on record",
			    a->evidence->ceremonies[i].manifest);
}

/* Key files that no record tells of: put there by hand, or left by an accident. */
static void
strangers_find(struct audit *a)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	struct dirent *entry;
	size_t len;
	DIR *d;

	path_join(path, sizeof(path), a->home, "signer/keys");
	if ((d = opendir(path)) == NULL)
		return; /* "unknown", as each file is then */
	while ((entry = readdir(d)) != NULL) {
		len = strlen(entry->d_name);
		if (len <= 4 || strcmp(entry->d_name + len - 4, ".key") != 0 ||
		    strcmp(entry->d_name, "tag.key") == 0)
			continue;
		snprintf(
		    name, sizeof(name), "%.*s", (int)(len - 4), entry->d_name);
		if (audit_key(a, name) == NULL)
			audit_finding(a, REASON_INVENTORY_DIFFERS,
			    "a key file without a record", entry->d_name);
	}
	closedir(d);
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
	json_add_optional(o, "name", name);
	json_add_optional(o, "purpose", purpose);
	json_add_optional(o, "algorithm", root && here ? "p384" : NULL);
	json_add_optional(o, "state",
	    here       ? root ? "software root" : "in use"
		: root ? "elsewhere, or unknown"
		       : "unknown");
	json_add_optional(o, "born", NULL);
	json_add_optional(o, "certified", NULL);
	json_add_optional(o, "retired", NULL);
	json_add_optional(o, "retired-for", NULL);
	json_add_optional(o, "erased", NULL);
	json_add_uint(o, "policy-changes", 0);
	put_file(a, o, file);
	json_add_optional(o, "opens",
	    here || !root ? opens : "unknown: no ceremony on record");
	json_add_optional(o, "last-drill",
	    here || !root ? "none: not split"
			  : "unknown: no ceremony on record");
	json_add_optional(o, "ceremony", NULL);
	json_end_object(o);
}

/* A software root, or one of which nobody knows; where ceremonies tell of one of its
 * purpose and no file is here, that is the answer. */
static void
software_put(struct audit *a, struct json_out *o, const char *name,
    const char *purpose, const char *word, const char *file)
{
	char path[PATH_MAX];
	unsigned i;

	path_join(path, sizeof(path), a->home, file);
	for (i = 0; a->evidence != NULL && i < a->evidence->roots_len; i++)
		if (strcmp(a->evidence->roots[i].purpose, word) == 0 &&
		    access(path, F_OK) != 0)
			return;
	other_put(
	    a, o, name, purpose, file, "one person, with the passphrase", true);
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
	software_put(a, o, "idevid-root", "IDevID root", "idevid",
	    "ceremony/idevid-root.key");
	software_put(a, o, "voucher-root", "voucher root", "voucher",
	    "ceremony/voucher-root.key");
	roots_put(a, o);
	json_end_array(o);
	strangers_find(a);
	return REASON_OK;
}
