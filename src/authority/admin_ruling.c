/*
 * hallmark device hold, release, retire (R-12.4, doc/decisions/068). Who declines
 * vouchers says why in one of a few words, and is one person for three days only:
 * behind that stand two operators, whose signatures the signer judges.
 */
#include <stdio.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define VERB_LAPSE "device.lapse"

/* --- what was ruled before --- */

struct past {
	struct store_ruling last; /* number 0: nothing yet */
	bool alone;    /* one person held it once, and no second one agreed */
	bool by_two;   /* two persons hold it */
	bool followed; /* while walking: what came next was by two, ... */
	bool released; /* ... and something next to it released it */
};

static bool
look_back(void *context, const struct store_ruling *r)
{
	struct past *p = context;

	if (p->last.number == 0)
		p->last = *r;
	p->alone |= r->until != 0 && !p->followed;
	p->released |= r->state == DEVICE_ACTIVE;
	p->by_two |= r->two && !p->released;
	p->followed = r->two;
	return true;
}

static void
past_load(struct authority *a, const struct device *d, struct past *out)
{
	memset(out, 0, sizeof(*out));
	store_device_rulings(a->store, d, look_back, out);
}

/* --- what is asked for --- */

struct plan {
	struct device device;
	struct store_ruling row;
	char subject[128]; /* SERIAL, its key's hash begins with, CAUSE */
	unsigned signatures_len;
	struct span signatures[END_SIGNATURES];
};

static const struct {
	const char *verb;
	enum device_state state;
} verbs[] = {
	{ "device.hold", DEVICE_HELD },
	{ "device.release", DEVICE_ACTIVE },
	{ "device.retire", DEVICE_RETIRED },
};

static enum device_state
state_of(const char *verb)
{
	size_t i;

	for (i = 0; strcmp(verbs[i].verb, verb) != 0;)
		i++;
	return verbs[i].state;
}

static enum reason
read_words(
    const struct message_admin *m, struct store_ruling *row, struct why *why)
{
	struct span word = admin_argument(m, "reason");

	row->cause = cause_find(word);
	if (row->state == DEVICE_ACTIVE ? word.len > 0
					: row->cause == CAUSE_NONE)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    row->state == DEVICE_ACTIVE ? "reason: of refusals only"
						: "reason: " CAUSE_WORDS);
	return admin_text(m, "note", row->note, sizeof(row->note), false, why);
}

/* May one person do that? What two decided only two undo; and nobody holds a device
 * for long by doing it again. */
static bool
needs_two(const struct device *d, const struct past *past, enum device_state to)
{
	switch (to) {
	case DEVICE_HELD:
		return d->state == DEVICE_HELD || past->alone;
	case DEVICE_ACTIVE:
		return past->by_two;
	case DEVICE_RETIRED:
		break;
	}
	return true;
}

static void
write_subject(struct plan *p)
{
	char key[HEX_SIZE(HASH_SIZE)];
	const char *word = cause_text(p->row.cause);

	hex_encode(key, span_of(p->device.spki_sha256, HASH_SIZE));
	snprintf(p->subject, sizeof(p->subject), "%s %.32s%s%s",
	    p->device.serial, key, word[0] == '\0' ? "" : " ", word);
}

static enum reason
check_state(const struct plan *p, struct why *why)
{
	const struct device *d = &p->device;

	if (d->state == DEVICE_RETIRED)
		return why_set(why, REASON_DEVICE_RETIRED, -1, "%s", d->serial);
	if (p->row.state == DEVICE_ACTIVE && d->state != DEVICE_HELD)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "%s is not on hold", d->serial);
	return REASON_OK;
}

/* From what is on record now; with to_sign nothing is done, and so nothing is
 * missing. */
static enum reason
planned(struct authority *a, const struct message_admin *m, bool to_sign,
    struct plan *p, struct why *why)
{
	struct past past;
	enum reason r;

	memset(p, 0, sizeof(*p));
	p->row.state = state_of(m->verb);
	p->row.moment = a->ledger.time; /* as its record says */
	if ((r = device_meant(a, m, &p->device, why)) != REASON_OK ||
	    (r = check_state(p, why)) != REASON_OK ||
	    (r = read_words(m, &p->row, why)) != REASON_OK ||
	    (r = admin_signatures(m, p->signatures, &p->signatures_len, why)) !=
		REASON_OK)
		return r;
	past_load(a, &p->device, &past);
	p->row.number = past.last.number + 1;
	p->row.two = p->signatures_len > 0;
	if (p->row.state == DEVICE_HELD && !p->row.two)
		p->row.until = clock_now() + HOLD_SECONDS;
	write_subject(p);
	if (to_sign || p->row.two ||
	    !needs_two(&p->device, &past, p->row.state))
		return REASON_OK;
	return why_set(why, REASON_SECOND_PERSON, -1,
	    "%s: --out FILE writes what two operators sign", p->device.serial);
}

/* --- what was done --- */

struct search {
	uint64_t sequence;
	struct store_ruling *out;
	bool found;
};

static bool
take_record(void *context, struct span bytes)
{
	struct search *s = context;
	struct record r;
	struct why why;
	unsigned i;

	if (record_read(bytes, &r, &why) != REASON_OK || r.kind != RECORD_ACT ||
	    r.sequence != s->sequence)
		return false;
	s->found = (r.act.statement.len > 0) == s->out->two;
	s->out->user = r.act.user;
	for (i = 0; i < END_SIGNATURES; i++)
		memcpy(
		    s->out->persons[i], r.act.persons[i].key_sha256, HASH_SIZE);
	return false;
}

/* Who it was is what the record of the act says. */
static bool
take_persons(
    struct authority *a, const struct pending *p, struct store_ruling *out)
{
	struct search s = { .sequence = p->sequence, .out = out };

	store_journal_read(a->store, p->sequence, take_record, &s);
	return s.found;
}

enum reason
ruling_end(struct authority *a, const struct pending *p, enum ruling_kind kind,
    const char *name, bool ended, struct why *why)
{
	struct store_ruling row = { .kind = kind,
		.state = ended ? DEVICE_RETIRED : DEVICE_ACTIVE,
		.moment = clock_now() };
	struct message_admin m;
	enum reason r;

	admin_again(p, &m);
	r = admin_text(&m, "note", row.note, sizeof(row.note), false, why);
	if (r != REASON_OK)
		return r;
	text_copy(row.name, sizeof(row.name), span_str(name));
	return take_persons(a, p, &row) && store_ruling_add(a->store, &row)
	    ? REASON_OK
	    : why_set(why, REASON_STORE_FAILED, -1, "%s", "");
}

void
ruling_put(struct json_out *o, const struct store_ruling *r)
{
	unsigned i;

	json_begin_object(o);
	json_add_uint(o, "number", r->number);
	json_add_text(o, "state",
	    r->kind > RULING_DEVICE && r->state == DEVICE_RETIRED
		? "ended"
		: device_state_text(r->state));
	put_time(o, "time", r->moment);
	json_put_name(o, "user");
	if (r->user == RULING_NOBODY)
		json_put_null(o);
	else
		json_put_uint(o, (uint64_t)r->user);
	json_add_text(o, "reason", cause_text(r->cause));
	json_add_text(o, "note", r->note);
	put_time(o, "lapses", r->until);
	json_put_name(o, "operators");
	json_begin_array(o);
	for (i = 0; r->two && i < 2; i++)
		json_put_hex(o, span_of(r->persons[i], HASH_SIZE));
	json_end_array(o);
	json_end_object(o);
}

struct shown {
	struct json_out *o;
	unsigned n;
};

static bool
put_next(void *context, const struct store_ruling *r)
{
	struct shown *s = context;

	ruling_put(s->o, r);
	return ++s->n < RULINGS_SHOWN;
}

void
rulings_put(struct authority *a, struct json_out *o, enum ruling_kind kind,
    const char *name)
{
	struct shown s = { .o = o };

	json_put_name(o, "rulings");
	json_begin_array(o);
	store_ruling_each(a->store, kind, name, put_next, &s);
	json_end_array(o);
}

static void
report(struct pending *p, const struct plan *plan)
{
	char room[1024];
	struct json_out o;
	struct span json;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_text(&o, "serial", plan->device.serial);
	json_put_name(&o, "ruling");
	ruling_put(&o, &plan->row);
	json_end_object(&o);
	if (json_out_span(&o, &json) == WIRE_OK)
		(void)buf_add(&p->report, json);
}

static enum reason
rule_act(struct authority *a, struct pending *p, struct why *why)
{
	struct message_admin m;
	struct plan plan;
	enum reason r;

	admin_again(p, &m);
	if ((r = planned(a, &m, false, &plan, why)) != REASON_OK)
		return r;
	/* What was signed was about the one before. */
	if (plan.row.number != p->number)
		return why_set(why, REASON_SECOND_PERSON, -1,
		    "%s was ruled on meanwhile", plan.device.serial);
	if (!take_persons(a, p, &plan.row) ||
	    !store_device_rule(a->store, &plan.device, &plan.row))
		return why_set(why, REASON_STORE_FAILED, -1, "%s", "");
	report(p, &plan);
	return REASON_OK;
}

static void
rule(struct authority *a, struct origin from, const struct message_admin *m)
{
	bool to_sign = admin_argument(m, "statement").len > 0;
	char text[STATEMENT_MAX];
	struct plan plan;
	struct pending *p;
	struct why why;
	size_t len;
	enum reason r = planned(a, m, to_sign, &plan, &why);

	if (r == REASON_OK && to_sign) {
		len = ledger_act_statement(a->ledger.signer, m->verb,
		    plan.subject, plan.row.number, text);
		answer_admin(from, span_of(NULL, 0), span_of(text, len));
		return;
	}
	if ((p = admin_do(a, from, m, r, &why, rule_act)) == NULL)
		return;
	p->number = plan.row.number;
	admin_act_by(a, p, from, m->verb, plan.subject, plan.row.number,
	    plan.signatures, plan.signatures_len);
}

void
device_hold(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	rule(a, from, m);
}

void
device_release(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	rule(a, from, m);
}

void
device_retire(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	rule(a, from, m);
}

/* --- holds that nobody confirmed --- */

/* Milliseconds until the next try, after a hold that only our clock calls over. */
#define LAPSE_AGAIN 3600000

/*
 * Our clock says so, and the record must not say otherwise: a clock that runs ahead
 * for a moment stops the signer's, so that its records fall behind, and must
 * not free what was stolen. A chain that stands ahead says nothing.
 */
static enum reason
lapse_act(struct authority *a, struct pending *p, struct why *why)
{
	struct store_ruling row = { .state = DEVICE_ACTIVE,
		.moment = a->ledger.time,
		.user = RULING_NOBODY };
	int64_t now = clock_now();
	struct past past;

	/* It may have been confirmed while the record was made. */
	past_load(a, &p->device, &past);
	if (past.last.until == 0)
		return REASON_OK;
	if (past.last.until > now || row.moment < now - MOMENT_SLACK) {
		a->lapse_next = clock_ticks() + LAPSE_AGAIN;
		log_warning("hold-kept",
		    "serial=\"%s\" text=\"the signer's clock does not say "
		    "that it is over\"",
		    p->device.serial);
		return REASON_OK;
	}
	log_alarm("hold-lapsed", "serial=\"%s\" reason=\"%s\" user=\"%lld\"",
	    p->device.serial, cause_text(past.last.cause),
	    (long long)past.last.user);
	return store_device_rule(a->store, &p->device, &row)
	    ? REASON_OK
	    : why_set(why, REASON_STORE_FAILED, -1, "%s", "");
}

static bool
is_lapsing(const struct authority *a)
{
	unsigned i;

	for (i = 0; i < PENDING_MAX; i++)
		if (a->pending[i].used && a->pending[i].act == lapse_act)
			return true;
	return false;
}

void
holds_tick(struct authority *a)
{
	struct plan plan = { .row.state = DEVICE_ACTIVE };
	const struct origin nobody = { .peer = NULL };
	struct pending *p;

	if (!a->synced || a->commit_failed || clock_ticks() < a->lapse_next ||
	    !store_lapse_next(a->store, clock_now(), &plan.device) ||
	    is_lapsing(a) || (p = pending_new(a, STAGE_ACT, nobody)) == NULL)
		return;
	write_subject(&plan);
	p->act = lapse_act;
	p->device = plan.device;
	admin_act(a, p, nobody, VERB_LAPSE, plan.subject);
}

/* --- what its owner is told --- */

void
ruling_tell(struct authority *a, const struct device *d, char out[TOLD_MAX + 1])
{
	char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	struct past past;
	const struct store_ruling *r = &past.last;

	past_load(a, d, &past);
	clock_print(since, r->moment);
	clock_print(until, r->until);
	snprintf(out, TOLD_MAX + 1, "%s%s%s%s%s",
	    r->cause == CAUSE_NONE ? "no reason is on record"
				   : cause_text(r->cause),
	    r->moment == 0 ? "" : ", since ", r->moment == 0 ? "" : since,
	    r->until == 0 ? "" : ", to be confirmed before ",
	    r->until == 0 ? "" : until);
}
