/* The acts of a ceremony, one function each. What an act has done is on disk
 * before the next one begins; what is signed is on disk before it is signed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "ceremony/ceremony.h"
#include "ceremony/host.h"
#include "ceremony/run.h"
#include "x509/extension.h"

#define POOL_SIZE 64

static void
hex_of(struct span bytes, char out[HEX_SIZE(HASH_SIZE)])
{
	uint8_t hash[HASH_SIZE];

	sha256(bytes, hash);
	hex_encode(out, span_of(hash, sizeof(hash)));
}

/* --- people, host, clock --- */

/* A signature was checked before anything began; a paper only people can check. Its
 * words are those that `ceremony plan` told whoever signed it. */
static enum reason
act_approve(struct run *run, const struct act *a, struct why *why)
{
	const struct buf *signature =
	    &run->approvals.signatures[a->who - run->plan->attendees];
	char hex[HEX_SIZE(HASH_SIZE)], key[SSH_PRINT_SIZE];
	uint8_t hash[HASH_SIZE];
	enum reason r;

	sha256(buf_span(&run->script_text), hash);
	guide_fingerprint(&run->guide, "    script.txt", hash);
	if (a->who->paper) {
		guide_say(
		    &run->guide, "    %s signed a paper.\n\n", a->who->name);
		r = guide_confirm(
		    &run->guide, "It is here, and these words are on it.", why);
		return r != REASON_OK
		    ? r
		    : run_note(run, why, "approve", "%s paper", a->who->handle);
	}
	ssh_key_print(&a->who->key, key);
	guide_say(&run->guide, "    %s signed it with\n    %s\n\n",
	    a->who->name, key);
	hex_of(buf_span(signature), hex);
	r = guide_confirm(
	    &run->guide, "It is the key that this person has.", why);
	return r != REASON_OK
	    ? r
	    : run_note(run, why, "approve", "%s %s", a->who->handle, hex);
}

/* Who is there is confirmed one by one, aloud: a list that is ticked off as a whole
 * is not read. */
static enum reason
act_attend(struct run *run, const struct act *a, struct why *why)
{
	unsigned role;
	enum reason r;

	guide_say(&run->guide, "    %s\n    ", a->who->name);
	for (role = 1; role <= ROLE_CUSTODIAN; role <<= 1)
		if ((a->who->roles & role) != 0)
			guide_say(&run->guide, "%s ", role_word(role));
	r = guide_confirm(&run->guide,
	    "\n\nTelephones and other devices are out of the room.", why);
	return r != REASON_OK
	    ? r
	    : run_note(run, why, "attend", "%s", a->who->handle);
}

/* run.c has refused a host that is not fit; here is what the evidence says of it.
 * The hash is taken by the program itself, so it guards against the wrong build, not
 * against one that lies: the boot image is checked outside (IP 9 step 3). */
static enum reason
act_host(struct run *run, struct why *why)
{
	bool networked, unlocked;
	char hex[HEX_SIZE(HASH_SIZE)];
	uint8_t program[HASH_SIZE];
	enum reason r;

	/* Once more: a cable may have come since the start. */
	r = host_check_network(why);
	networked = r != REASON_OK;
	if (networked && !run->rehearsal)
		return r;
	r = host_lock_memory(why);
	unlocked = r != REASON_OK;
	if (unlocked && !run->rehearsal)
		return r;
	why_clear(why);
	if ((r = host_program(program, why)) != REASON_OK)
		return r;
	guide_say(&run->guide, "    network  %s\n    memory   %s\n\n",
	    networked ? "yes: for rehearsals only" : "none",
	    unlocked ? "not locked: for rehearsals only" : "locked, no swap");
	guide_fingerprint(&run->guide, "    This program", program);
	hex_encode(hex, span_of(program, sizeof(program)));
	r = guide_confirm(&run->guide,
	    "They are the words of the program that was reviewed.", why);
	return r != REASON_OK ? r
			      : run_note(run, why, "host", "- %s %s %s", hex,
				    networked ? "networked" : "offline",
				    unlocked ? "unlocked" : "locked");
}

/* Is a moment of now one that verify takes, story_dates()? Who sets the clock right in
 * the middle has records of a time that was wrong: nothing signed among them would ever
 * verify. */
static enum reason
check_date(struct run *run, int64_t moment, struct why *why)
{
	int64_t chain = journal_ledger(run->journal)->time, now = clock_now();
	int64_t off = moment < chain ? chain - now : moment - now;

	if (moment >= chain - MOMENT_TOLERATED &&
	    (moment <= now || moment <= chain))
		return REASON_OK;
	return why_set(why, REASON_CEREMONY_CLOCK, -1,
	    "it went back by %lld s: begin again in another folder",
	    (long long)off);
}

/* Certificates begin now, and nobody can correct that later; they have numbers, and
 * shares have polynomials, that the kernel's generator draws (IP 9 step 4). */
static enum reason
act_clock(struct run *run, struct why *why)
{
	char now[CLOCK_TEXT_SIZE];
	struct health h;
	enum reason r;

	if ((r = host_check_kernel(&h, why)) != REASON_OK)
		return r;
	clock_print(now, clock_now());
	guide_say(&run->guide,
	    "    The kernel's generator passed its health tests:\n"
	    "    of %u octets at most %u alike in a row, %u in a window.\n\n"
	    "    This host says %s (UTC)\n\n",
	    h.octets, h.run, h.often, now);
	r = guide_confirm(&run->guide,
	    "Two sources beside this host agree to the minute.", why);
	return r != REASON_OK ||
		(r = check_date(run, clock_now(), why)) != REASON_OK
	    ? r
	    : run_note(
		  run, why, "clock", "- %u %u %u", h.octets, h.run, h.often);
}

/* --- entropy --- */

/* Whatever comes in: the pool is as good as the best of its inputs. */
static void
pool_mix(struct run *run, struct span input)
{
	hmac_pieces(HASH_SHA512, span_of(run->pool.ptr, run->pool.len), &input,
	    1, run->pool.ptr);
}

/* First, so that the pool never is what people typed alone. A hash of what was
 * drawn gives nothing away: 512 bits cannot be searched. */
static enum reason
entropy_kernel(struct run *run, struct why *why)
{
	char hex[HEX_SIZE(HASH_SIZE)];
	uint8_t drawn[POOL_SIZE];
	struct health health;
	enum reason r;

	if ((r = host_check_kernel(&health, why)) != REASON_OK)
		return r;
	secret_new(&run->pool, POOL_SIZE);
	random_bytes(drawn, sizeof(drawn));
	pool_mix(run, span_of(drawn, sizeof(drawn)));
	hex_of(span_of(drawn, sizeof(drawn)), hex);
	secret_wipe(drawn, sizeof(drawn));
	guide_say(&run->guide,
	    "    The kernel's generator passed its health tests.\n"
	    "    SHA-256 of what was drawn:\n    %s\n\n",
	    hex);
	r = guide_confirm(&run->guide, "It is mixed in.", why);
	return r != REASON_OK ? r
			      : run_note(run, why, "entropy", "kernel %s", hex);
}

/* The hash lets this person say later that it was his or her input; without the
 * kernel's it does not lead to the key. */
static enum reason
entropy_person(struct run *run, const struct act *a, struct why *why)
{
	char hex[HEX_SIZE(HASH_SIZE)], text[GUIDE_LINE];
	enum reason r;

	guide_say(&run->guide,
	    "    %s rolls dice and types what they show, at least 50 rolls, "
	    "or\n"
	    "    as many characters of another source that nobody "
	    "foresees.\n\n",
	    a->who->name);
	for (;;) {
		r = guide_ask(
		    &run->guide, "Rolls", text, sizeof(text), false, why);
		if (r != REASON_OK ||
		    (r = entropy_check_text(span_str(text), why)) == REASON_OK)
			break;
		guide_say(&run->guide, "Too little: %s\n", why->text);
	}
	if (r == REASON_OK) {
		pool_mix(run, span_str(text));
		hex_of(span_str(text), hex);
		r = run_note(run, why, "entropy", "%s %s", a->who->handle, hex);
	}
	secret_wipe(text, sizeof(text));
	return r;
}

/* --- roots --- */

/* The fingerprint is on paper before the key has signed anything: what comes back
 * from shares in twenty years is compared with that. */
static enum reason
act_make(struct run *run, const struct act *a, struct why *why)
{
	unsigned n = run_root(run, a->root);
	char hex[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	struct span spki;
	enum reason r;

	/* The handle separates the roots that come from one pool. */
	run->keys[n] = private_key_from_seed(a->root->type,
	    span_of(run->pool.ptr, run->pool.len), a->root->handle);
	spki = private_key_spki(run->keys[n]);
	sha256(spki, hash);
	hex_of(spki, hex);
	guide_fingerprint(
	    &run->guide, "    Public key (SHA-256 of its SPKI)", hash);
	r = guide_confirm(
	    &run->guide, "They are read aloud and written down.", why);
	return r != REASON_OK
	    ? r
	    : run_note(run, why, "make", "%s %s", a->root->handle, hex);
}

/* Records the octets to be signed, signs them, records what came out. */
static enum reason
sign(struct run *run, const char *word, const char *about, unsigned root,
    struct span tbs, const struct certificate *issuer, struct issued *out,
    struct why *why)
{
	char hex[HEX_SIZE(HASH_SIZE)];
	enum reason r;

	hex_of(tbs, hex);
	if ((r = run_note(run, why, word, "%s %s", about, hex)) != REASON_OK ||
	    (r = issue_sign(run->keys[root], tbs, issuer, out->der,
		 &out->certificate, why)) != REASON_OK)
		return r;
	hex_of(out->certificate.der, hex);
	return run_note(run, why, "made", "%s %s", about, hex);
}

static void
show_names(struct run *run, const struct certificate *c)
{
	char name[256], from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];

	name_print(name, sizeof(name), c->subject);
	guide_say(&run->guide, "    subject  %.68s\n", name);
	name_print(name, sizeof(name), c->issuer);
	guide_say(&run->guide, "    issuer   %.68s\n", name);
	clock_print(from, c->not_before);
	clock_print(to, c->not_after);
	guide_say(&run->guide, "    valid    %s to %s\n    CA       %s\n\n",
	    from, to, c->ca ? "yes" : "no");
}

/* IP 9 step 6: fields are read aloud before the signature, the hash after it. */
static enum reason
act_certify(struct run *run, const struct act *a, struct why *why)
{
	unsigned n = run_root(run, a->root);
	struct certificate_plan plan;
	uint8_t tbs[CERTIFICATE_MAX], hash[HASH_SIZE];
	struct certificate planned;
	char name[65];
	size_t len;
	enum reason r;

	planned_root(
	    run->plan, a->root, run->rehearsal, clock_now(), name, &plan);
	plan.spki = private_key_spki(run->keys[n]);
	if ((r = issue_render(&plan, private_key_algorithm(run->keys[n]), NULL,
		 LINT_CA, tbs, &len, why)) != REASON_OK ||
	    (r = certificate_tbs_read(span_of(tbs, len), &planned, why)) !=
		REASON_OK)
		return r;
	show_names(run, &planned);
	if ((r = guide_confirm(&run->guide,
		 "It is what the script says; the root signs itself.", why)) !=
		REASON_OK ||
	    (r = check_date(run, planned.not_before, why)) != REASON_OK ||
	    (r = sign(run, "certify", a->root->handle, n, span_of(tbs, len),
		 NULL, &run->roots[n], why)) != REASON_OK)
		return r;
	sha256(run->roots[n].certificate.der, hash);
	guide_act(&run->guide, run->guide.act, run->guide.acts,
	    "the root has signed itself");
	guide_fingerprint(&run->guide, "    Certificate (SHA-256)", hash);
	return guide_confirm(&run->guide, "Written down.", why);
}

/* The request came into the plan by its hash; here its words are compared once more
 * with the paper of whoever owns the key. */
static enum reason
act_sign(struct run *run, const struct act *a, struct why *why)
{
	const struct plan_item *item = a->item;
	unsigned n = run_root(run, item->root);
	struct issued *out = &run->items[item - run->plan->items];
	const struct certificate *issuer = &run->roots[n].certificate;
	struct certificate_plan plan;
	uint8_t tbs[CERTIFICATE_MAX];
	struct certificate planned;
	char name[65];
	size_t len;
	enum reason r;

	planned_item(run->plan, item, run->rehearsal, clock_now(), name, &plan);
	plan.issuer_name = issuer->subject;
	plan.issuer_key_id = issuer->subject_key_id;
	if ((r = issue_render(&plan, private_key_algorithm(run->keys[n]),
		 issuer, planned_lint(item), tbs, &len, why)) != REASON_OK ||
	    (r = certificate_tbs_read(span_of(tbs, len), &planned, why)) !=
		REASON_OK)
		return r;
	show_names(run, &planned);
	guide_fingerprint(&run->guide,
	    "    Request, as it came with its owner's signature",
	    item->csr_sha256);
	if ((r = guide_confirm(&run->guide,
		 "The request is the one on its paper.", why)) != REASON_OK ||
	    (r = check_date(run, planned.not_before, why)) != REASON_OK)
		return r;
	run->announced[item - run->plan->items] = true;
	return sign(
	    run, "sign", item->handle, n, span_of(tbs, len), issuer, out, why);
}

/* --- the end --- */

static enum reason
write_certificates(struct run *run, struct why *why)
{
	const struct plan *p = run->plan;
	unsigned i;
	enum reason r = REASON_OK;

	for (i = 0; i < p->roots_len && r == REASON_OK; i++)
		r = bundle_certificate(run->bundle, p->roots[i].handle,
		    &run->roots[i].certificate, NULL, why);
	for (i = 0; i < p->items_len && r == REASON_OK; i++)
		r = bundle_certificate(run->bundle, p->items[i].handle,
		    &run->items[i].certificate,
		    &run->roots[run_root(run, p->items[i].root)].certificate,
		    why);
	return r;
}

/*
 * Until here certificates were in memory only: an abort publishes nothing. They are
 * in memory still where the medium is full or gone, and that can be mended.
 */
static enum reason
publish(struct run *run, struct why *why)
{
	enum reason r;

	while (write_certificates(run, why) != REASON_OK) {
		guide_say(&run->guide,
		    "\n    %s\n    The certificates are in memory still. Make "
		    "room, or "
		    "see to the medium;\n    an abort makes this ceremony "
		    "void.\n\n",
		    why->text);
		if ((r = guide_confirm(&run->guide, "They can be written now.",
			 why)) != REASON_OK)
			return r;
	}
	return REASON_OK;
}

/* What was signed comes on disk when nobody can say no any more. */
static enum reason
act_wipe(struct run *run, struct why *why)
{
	enum reason r;

	run_wipe(run);
	guide_say(&run->guide,
	    "    Keys, shares and entropy were overwritten. Nothing secret was "
	    "on disk.\n    After the ceremony this host is switched off.\n\n");
	if ((r = guide_confirm(&run->guide, "Seen.", why)) != REASON_OK ||
	    (r = publish(run, why)) != REASON_OK)
		return r;
	return run_note(run, why, "wipe", "-");
}

/* Deviations are free text that may name people, so they are a file and the record
 * has its hash. */
static enum reason
act_close(struct run *run, struct why *why)
{
	char line[GUIDE_LINE], hex[HEX_SIZE(HASH_SIZE)];
	struct buf notes;
	enum reason r;

	buf_init(&notes, MANIFEST_MAX);
	guide_say(&run->guide,
	    "    Every deviation from the script, a line each; an empty line "
	    "ends them.\n\n");
	while ((r = guide_ask(&run->guide, "Deviation", line, sizeof(line),
		    true, why)) == REASON_OK &&
	    line[0] != '\0')
		if (!buf_printf(&notes, "%s\n", line))
			break;
	if (notes.len == 0)
		(void)buf_printf(&notes, "no deviation\n");
	if (r == REASON_OK)
		r = bundle_write(
		    run->bundle, "notes.txt", buf_span(&notes), why);
	hex_of(buf_span(&notes), hex);
	buf_free(&notes);
	return r != REASON_OK ? r : run_note(run, why, "close", "- %s", hex);
}

enum reason
run_act(struct run *run, const struct act *a, struct why *why)
{
	switch (a->kind) {
	case ACT_APPROVE:
		return act_approve(run, a, why);
	case ACT_ATTEND:
		return act_attend(run, a, why);
	case ACT_HOST:
		return act_host(run, why);
	case ACT_CLOCK:
		return act_clock(run, why);
	case ACT_ENTROPY:
		return a->who == NULL ? entropy_kernel(run, why)
				      : entropy_person(run, a, why);
	case ACT_MAKE:
		return act_make(run, a, why);
	case ACT_CERTIFY:
		return act_certify(run, a, why);
	case ACT_RECOVER:
		return act_recover(run, a, why);
	case ACT_SHARE:
		return act_share(run, a, why);
	case ACT_DRILL:
		return act_drill(run, a, why);
	case ACT_SIGN:
		return act_sign(run, a, why);
	case ACT_RETIRE:
		return act_retire(run, a, why);
	case ACT_WIPE:
		return act_wipe(run, why);
	case ACT_CLOSE:
		return act_close(run, why);
	case ACT_KINDS:
		break;
	}
	return why_set(why, REASON_INTERNAL, -1, "no such act");
}
