/* Files that an operator names are looked at by a checker (law 1). */
#include "authority/authority.h"
#include "base/fatal.h"

/* Any checker with a front will do; work is spread by the place that p has. */
struct peer *
some_checker(struct authority *a, const struct pending *p)
{
	struct peer *found;
	unsigned i;

	found = program_peer(a->program, ROLE_CHECKER,
	    p->slot %
		(a->start.config.fronts == 0 ? 1 : a->start.config.fronts));
	for (i = 0; found == NULL && i < CHECKER_APART; i++)
		found = program_peer(a->program, ROLE_CHECKER, i);
	return found;
}

void
inspect_ask(
    struct authority *a, struct pending *p, const struct message_inspect *m)
{
	struct peer *checker = some_checker(a, p);
	struct why why;

	p->asked = m->kind;
	p->checker = checker;
	/* Some hundreds; what cannot be held to all of them does not come in. */
	if (m->policies.len > 0 && a->policies_over) {
		why_set(&why, REASON_OVERLOAD, -1,
		    "voucher signers assert more policies than fit a frame");
		admin_fail(a, p, REASON_OVERLOAD, &why);
		return;
	}
	if (checker != NULL &&
	    PEER_SEND(checker, INSPECT, pending_id(p), inspect, m))
		return;
	why_set(&why, REASON_UNAVAILABLE, -1, "no checker is there");
	admin_fail(a, p, REASON_UNAVAILABLE, &why);
}

void
inspect_certificate(struct authority *a, struct origin from,
    const struct message_admin *m, inspected_call call)
{
	struct message_inspect inspect = { .kind = INSPECT_CERTIFICATE,
		.bytes = admin_argument(m, "certificate"),
		.other = span_of(NULL, 0) };
	struct pending *p = admin_pending(a, STAGE_INSPECT, from, m);

	if (p == NULL)
		return;
	p->inspected = call;
	inspect_ask(a, p, &inspect);
}

/* The facts outlive their frame with p. */
static void
certificate_keep(struct pending *p, const struct certificate_facts *f)
{
	if (!buf_add(&p->certificate, f->entry.certificate))
		fatal("a certificate is too long");
	p->facts = memory_new(sizeof(*p->facts));
	*p->facts = *f;
	p->facts->entry.certificate = buf_span(&p->certificate);
}

static bool
holds(const struct pending *p, const struct message_inspected *said)
{
	struct message_inspect shown = { .kind = said->kind };
	struct message_admin m;

	admin_again(p, &m);
	shown.bytes = admin_argument(
	    &m, said->kind == INSPECT_CSR ? "csr" : "certificate");
	return shown_holds(&shown, said);
}

void
inspect_take(
    struct authority *a, const struct peer *from, const struct frame *frame)
{
	static struct message_inspected m;
	struct pending *p = pending_find(a, frame->id);
	struct why why;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_inspected_get(&in, &m))
		fatal("malformed INSPECTED");
	if (p == NULL)
		return;
	if (p->stage != STAGE_INSPECT || p->checker != from)
		fatal("INSPECTED for something that nobody asked it about");
	if (m.kind != p->asked)
		fatal("INSPECTED of another kind");
	if (m.reason == REASON_OK && !holds(p, &m))
		fatal("INSPECTED of what the file does not have");
	why_set(&why, m.reason, -1, "%s", m.text);
	if (m.reason != REASON_OK)
		admin_fail(a, p, m.reason, &why);
	else if (!a->synced)
		admin_fail(a, p, REASON_UNAVAILABLE, NULL);
	else if (m.kind == INSPECT_CSR)
		issue_inspected(a, p, &m.csr);
	else if (m.kind == INSPECT_IMPORT)
		import_inspected(a, p, &m.import);
	else if (m.kind == INSPECT_CERTIFICATE) {
		certificate_keep(p, &m.certificate);
		p->inspected(a, p);
	} else if (m.kind == INSPECT_MANIFEST)
		manifest_inspected(a, p, frame->payload);
	else
		fatal("INSPECTED of another kind");
}
