/* From a plan to its numbered acts, and to the script that two people approve. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "ceremony/bundle.h"
#include "ceremony/ceremony.h"
#include "wire/der.h"
#include "x509/extension.h"

const char *
act_word(enum act_kind k)
{
	static const char *const words[ACT_KINDS] = { "approve", "attend",
		"host", "clock", "entropy", "make", "certify", "recover",
		"share", "drill", "sign", "retire", "wipe", "close" };

	return words[k];
}

/* --- the order of acts --- */

static void
add(struct script *s, struct act a)
{
	if (s->len == ACTS_MAX)
		fatal("a script of over %d acts", ACTS_MAX);
	s->acts[s->len++] = a;
}

/* Two people besides the kernel: neither knows the other's dice. */
static void
add_entropy(const struct plan *p, struct script *s)
{
	bool witness = false;
	unsigned i;

	add(s, (struct act){ ACT_ENTROPY });
	for (i = 0; i < p->attendees_len; i++) {
		const struct attendee *a = &p->attendees[i];
		bool first = (a->roles & ROLE_WITNESS) != 0 && !witness;

		if ((a->roles & ROLE_OPERATOR) == 0 && !first)
			continue;
		witness |= first;
		add(s, (struct act){ ACT_ENTROPY, .who = a });
	}
}

/* Every custodian's share, then a recovery by others than the first ones. */
static void
add_shares(const struct plan *p, const struct plan_root *r, struct script *s)
{
	const struct attendee *a;
	unsigned i;

	for (i = 0; i < p->shares && (a = plan_custodian(p, i)) != NULL; i++)
		add(s, (struct act){ ACT_SHARE, r, .who = a, .index = i });
	add(s, (struct act){ ACT_DRILL, r });
}

/* Split and drilled before it signs anything else (doc/decisions/033). */
static void
add_root(const struct plan *p, const struct plan_root *r, struct script *s)
{
	if (p->kind == PLAN_CREATE) {
		add(s, (struct act){ ACT_MAKE, r });
		add(s, (struct act){ ACT_CERTIFY, r });
	} else if (p->kind != PLAN_DESTROY)
		add(s, (struct act){ ACT_RECOVER, r });
	if (p->kind == PLAN_CREATE || p->kind == PLAN_REFRESH)
		add_shares(p, r, s);
}

/* Of people who bring their shares, or of a set that a refresh replaces: whoever had
 * an old share may have left, so these go by their numbers (IP 8). */
static void
add_retirements(const struct plan *p, bool by_custodian,
    const struct plan_root *r, struct script *s)
{
	const struct attendee *a;
	unsigned i;

	for (i = 0; by_custodian && (a = plan_custodian(p, i)) != NULL; i++)
		add(s, (struct act){ ACT_RETIRE, r, .who = a });
	for (i = 0; !by_custodian && i < plan_old_shares(p); i++)
		add(s, (struct act){ ACT_RETIRE, r, .index = i });
}

/* What was in memory is needed until the last new set was drilled, or what was signed
 * is on disk; where shares are destroyed only, never. */
static void
add_end(const struct plan *p, bool early, struct script *s)
{
	bool later = p->kind == PLAN_REFRESH && !early;
	unsigned i;

	if (later)
		s->settled = s->len;
	add(s, (struct act){ ACT_WIPE });
	for (i = 0; later && i < p->roots_len; i++)
		add_retirements(p, false, &p->roots[i], s);
	if (!later && p->kind != PLAN_DESTROY)
		s->settled = s->len;
	add(s, (struct act){ ACT_CLOSE });
}

void
script_make(const struct plan *p, bool early, struct script *out)
{
	unsigned i;

	out->len = 0;
	for (i = 0; i < p->attendees_len; i++)
		if (p->attendees[i].approves)
			add(out,
			    (struct act){
				ACT_APPROVE, .who = &p->attendees[i] });
	for (i = 0; i < p->attendees_len; i++)
		add(out, (struct act){ ACT_ATTEND, .who = &p->attendees[i] });
	add(out, (struct act){ ACT_HOST });
	add(out, (struct act){ ACT_CLOCK });
	if (p->kind == PLAN_CREATE)
		add_entropy(p, out);
	out->settled = out->len;
	for (i = 0; i < p->roots_len; i++) {
		add_root(p, &p->roots[i], out);
		if (p->kind == PLAN_DESTROY ||
		    (p->kind == PLAN_REFRESH && early))
			add_retirements(p, true, &p->roots[i], out);
	}
	for (i = 0; i < p->items_len; i++)
		add(out, (struct act){ ACT_SIGN, .item = &p->items[i] });
	add_end(p, early, out);
}

void
act_print(const struct plan *p, const struct act *a, char *out, size_t cap)
{
	const char *root = a->root == NULL ? "" : a->root->handle;
	const char *who = a->who == NULL ? "" : a->who->handle;

	switch (a->kind) {
	case ACT_APPROVE:
		snprintf(out, cap, "%s has approved this script", who);
		break;
	case ACT_ATTEND:
		snprintf(
		    out, cap, "%s is here and has shown who he or she is", who);
		break;
	case ACT_HOST:
		snprintf(out, cap, "this host: no network, locked memory");
		break;
	case ACT_CLOCK:
		snprintf(out, cap,
		    "the clock is compared with two sources, the generator "
		    "is tested");
		break;
	case ACT_ENTROPY:
		snprintf(out, cap, "randomness of %s is mixed in",
		    a->who == NULL ? "the kernel" : who);
		break;
	case ACT_MAKE:
		snprintf(out, cap, "the key of %s is made", root);
		break;
	case ACT_CERTIFY:
		snprintf(out, cap, "%s signs itself", root);
		break;
	case ACT_RECOVER:
		snprintf(
		    out, cap, "%u custodians recover %s", p->threshold, root);
		break;
	case ACT_SHARE:
		snprintf(out, cap, "share %u of %s goes to %s, typed back",
		    a->index + 1, root, who);
		break;
	case ACT_DRILL:
		snprintf(out, cap, "%u other custodians recover %s (drill)",
		    p->threshold, root);
		break;
	case ACT_SIGN:
		snprintf(out, cap, "%s signs %s", a->item->root->handle,
		    a->item->handle);
		break;
	case ACT_RETIRE:
		if (a->who == NULL)
			snprintf(out, cap, "old share %u of %s is destroyed",
			    a->index + 1, root);
		else
			snprintf(out, cap,
			    "the %sshare of %s that %s had is destroyed",
			    p->kind == PLAN_REFRESH ? "old " : "", root, who);
		break;
	case ACT_WIPE:
		snprintf(out, cap, "every secret is wiped from memory");
		break;
	case ACT_CLOSE:
		snprintf(out, cap, "deviations are listed, evidence is closed");
		break;
	case ACT_KINDS:
		fatal("no act");
	}
}

/* --- what will be signed, linted before anybody comes together --- */

static void
print_certificate(const struct certificate *c, struct buf *out)
{
	char name[256], until[CLOCK_TEXT_SIZE];

	name_print(name, sizeof(name), c->subject);
	(void)buf_printf(out, "    subject   %s\n", name);
	name_print(name, sizeof(name), c->issuer);
	(void)buf_printf(out, "    issuer    %s\n", name);
	clock_print(until, c->not_after);
	(void)buf_printf(out, "    begins    on the day of the ceremony\n");
	if (c->not_after == DER_TIME_FOREVER)
		(void)buf_printf(out, "    ends      %s\n", until);
	else
		(void)buf_printf(out, "    ends      after %lld days\n",
		    (long long)((c->not_after - c->not_before) / 86400));
	(void)buf_printf(out, "    CA        %s%s\n", c->ca ? "yes" : "no",
	    c->has_path_length ? ", path length 0" : "");
	(void)buf_printf(out, "    key usage %s%s%s\n",
	    (c->key_usage & KEY_USAGE_CERT_SIGN) != 0 ? "keyCertSign " : "",
	    (c->key_usage & KEY_USAGE_CRL_SIGN) != 0 ? "cRLSign " : "",
	    (c->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) != 0
		? "digitalSignature"
		: "");
}

static void
print_policies(
    const struct plan *p, const struct plan_item *item, struct buf *out)
{
	const char *form = item->root->purpose == PURPOSE_VOUCHER &&
		p->voucher_policy_form == POLICY_EXTENSION
	    ? "extension"
	    : "policy   ";

	if (item_policy(p, item)->len > 0)
		(void)buf_printf(
		    out, "    %s %s\n", form, item_policy(p, item)->text);
	if (item->product_policy.len > 0)
		(void)buf_printf(
		    out, "    %s %s\n", form, item->product_policy.text);
}

/* Lays out what will be signed, with all that is known before the day. */
static enum reason
preview_item(const struct plan *p, const struct plan_item *item,
    const struct private_key *key, const struct certificate *issuer,
    struct buf *out, struct why *why)
{
	char name[65], hash[HEX_SIZE(HASH_SIZE)];
	struct certificate_plan plan;
	uint8_t tbs[CERTIFICATE_MAX];
	struct certificate c;
	size_t len;
	enum reason r;

	planned_item(p, item, false, clock_now(), name, &plan);
	plan.issuer_name = issuer->subject;
	plan.issuer_key_id = issuer->subject_key_id;
	if ((r = issue_render(&plan, private_key_algorithm(key), issuer,
		 planned_lint(item), tbs, &len, why)) != REASON_OK ||
	    (r = certificate_tbs_read(span_of(tbs, len), &c, why)) != REASON_OK)
		return r;
	(void)buf_printf(
	    out, "  %s, signed by %s\n", item->handle, item->root->handle);
	print_certificate(&c, out);
	print_policies(p, item, out);
	(void)buf_printf(
	    out, "    key       %s\n", item_algorithm_word(item->algorithm));
	hex_encode(hash, span_of(item->csr_sha256, HASH_SIZE));
	(void)buf_printf(out, "    request   %s\n", hash);
	hex_encode(hash, span_of(item->csr.spki_sha256, HASH_SIZE));
	(void)buf_printf(out, "    key is    %s\n", hash);
	return REASON_OK;
}

/* A root with a key of the same kind, which is thrown away at once. */
static enum reason
preview_root(const struct plan *p, const struct plan_root *root,
    struct buf *out, struct why *why)
{
	struct private_key *key = private_key_generate(root->type);
	char name[65], hash[HEX_SIZE(HASH_SIZE)];
	struct certificate_plan plan;
	uint8_t room[CERTIFICATE_MAX];
	struct certificate c;
	enum reason r = REASON_OK;
	unsigned i;

	planned_root(p, root, false, clock_now(), name, &plan);
	plan.spki = private_key_spki(key);
	if (p->kind == PLAN_CREATE)
		r = issue(&plan, key, NULL, LINT_CA, room, &c, why);
	else
		c = root->certificate;
	if (r == REASON_OK) {
		(void)buf_printf(out, "  %s, %s\n", root->handle,
		    p->kind == PLAN_CREATE ? "to be made" : "exists");
		print_certificate(&c, out);
		(void)buf_printf(
		    out, "    key       %s\n", key_type_word(root->type));
	}
	if (p->kind != PLAN_CREATE) {
		hex_encode(hash, span_of(root->certificate_sha256, HASH_SIZE));
		(void)buf_printf(out, "    is        %s\n", hash);
	}
	for (i = 0; r == REASON_OK && i < p->items_len; i++)
		if (p->items[i].root == root)
			r = preview_item(p, &p->items[i], key, &c, out, why);
	private_key_free(key);
	return r;
}

static void
print_attendee(const struct attendee *a, struct buf *out)
{
	char key[SSH_PRINT_SIZE] = "on paper";
	unsigned role;

	(void)buf_printf(out, "  %s: %s\n   ", a->handle, a->name);
	for (role = 1; role <= ROLE_CUSTODIAN; role <<= 1)
		if ((a->roles & role) != 0)
			(void)buf_printf(out, " %s", role_word(role));
	if (a->place[0] != '\0')
		(void)buf_printf(out, ", share at %s", a->place);
	if (a->manager[0] != '\0')
		(void)buf_printf(out, ", reports to %s", a->manager);
	if (a->key.len > 0)
		ssh_key_print(&a->key, key);
	(void)buf_printf(
	    out, "\n    acknowledges %s%s\n", a->paper ? "" : "with ", key);
}

/* What the approvers sign is this text: with a key the file, by hand its print. */
static void
print_approval(const struct plan *p, struct buf *out)
{
	unsigned i;

	(void)buf_printf(out, "\nApproval, before the ceremony\n");
	for (i = 0; i < p->attendees_len; i++) {
		const struct attendee *a = &p->attendees[i];

		if (!a->approves)
			continue;
		if (!a->paper)
			(void)buf_printf(out,
			    "  %s: ssh-keygen -Y sign -n " APPROVAL_NAMESPACE
			    ", approvals/%s.sig\n",
			    a->handle, a->handle);
		else
			(void)buf_printf(out,
			    "  %s: by hand here, with the words of this file's "
			    "SHA-256\n\n"
			    "    ______________________________________________"
			    "____________________\n\n"
			    "    ______________________________________________"
			    "____________________\n\n",
			    a->handle);
	}
}

enum reason
script_print(const struct plan *p, struct buf *out, struct why *why)
{
	char line[200], hash[HEX_SIZE(HASH_SIZE)];
	struct script script;
	unsigned i;
	enum reason r;

	hex_encode(hash, span_of(p->sha256, HASH_SIZE));
	(void)buf_printf(out, "%s\nCeremony of the kind %s, %s\nplan %s\n\n",
	    p->title, plan_kind_word(p->kind), p->organization, hash);
	if (p->at[0] != '\0')
		(void)buf_printf(out, "Held at: %s\n", p->at);
	hex_encode(hash, span_of(p->previous, HASH_SIZE));
	if (plan_follows(p))
		(void)buf_printf(out, "After the ceremony %s\n", hash);
	(void)buf_printf(
	    out, "Shares: any %u of %u recover\n", p->threshold, p->shares);
	plan_warnings(p, out);
	(void)buf_printf(out, "\nPlaces\n");
	for (i = 0; i < p->places_len; i++)
		(void)buf_printf(
		    out, "  %s: %s\n", p->places[i].handle, p->places[i].is);
	(void)buf_printf(out, "\nPeople\n");
	for (i = 0; i < p->attendees_len; i++)
		print_attendee(&p->attendees[i], out);
	(void)buf_printf(out, "\nWhat will be signed, and nothing else\n");
	for (i = 0; i < p->roots_len; i++)
		if ((r = preview_root(p, &p->roots[i], out, why)) != REASON_OK)
			return r;
	(void)buf_printf(out, "\nActs\n");
	script_make(p, false, &script);
	for (i = 0; i < script.len; i++) {
		act_print(p, &script.acts[i], line, sizeof(line));
		(void)buf_printf(out, "  %3u  %s\n", i + 1, line);
	}
	(void)buf_printf(out,
	    "\nAbort: type abort, or cut the power, at any time. A key that "
	    "this "
	    "ceremony made\nis then void; one that it recovered stays what it "
	    "was, and each certificate that\nit signed is declared void or "
	    "confirmed in writing.\n");
	if (p->kind == PLAN_REFRESH)
		(void)buf_printf(out,
		    "\nNo old share is destroyed before the last new one was "
		    "drilled and the secrets\nare wiped. From the wipe on the "
		    "ceremony can be cut off and goes on. An old share\nthat "
		    "nobody can show is answered with no; if %u or more are, "
		    "the old set still\nopens the key, and a new key is to "
		    "be planned (IP 8).\n",
		    p->threshold);
	print_approval(p, out);
	return REASON_OK;
}
