/*
 * From untrusted bytes to plain facts: MP 5 rows 1 to 16, and files that an
 * operator names. Everything here is a function of its arguments and the time
 * given: no store, no keys, no sockets.
 */
#ifndef CHECKER_CHECK_H
#define CHECKER_CHECK_H

#include "envelope/agent.h"
#include "envelope/envelope.h"
#include "ipc/message.h"
#include "model/request.h"
#include "model/step.h"
#include "x509/path.h"

/* One signed object taken apart: its container and what its payload says. The
 * arenas hold what had to be decoded; bodies are at most BODY_MAX. */
struct signed_request {
	struct envelope envelope;
	const struct certificate *signer; /* into some envelope */
	struct voucher_request request;
	uint8_t arena[BODY_MAX];
	uint8_t unwrapped[ENVELOPE_ARENA(BODY_MAX)]; /* CMS needs none */
};

/* Room for one request at a time; large, so it is not on the stack. */
struct workspace {
	struct signed_request registrar;
	struct signed_request pledge;
	uint8_t body[BODY_MAX]; /* the body, if it came as base64 */
	struct path path;
	/* Which of the registrar's certificates are the pledge's. */
	bool pledges[PATH_POOL_MAX];
	/* What the authority has on record for the serial, and on file for the
	 * registrar's customer; NULL if it was not asked. */
	const struct message_on_record *on_record;
	bool look_up; /* a refusal may be for want of that */
	struct certificate found;
	/* What an agent signed (PRM), and its certificates. */
	struct agent_data agent_data;
	uint8_t agent_arena[JWS_ARENA(BODY_MAX)];
	struct path agent_paths[2];
};

/*
 * Rows 1 to 6, 10 and 12 to 16 of one request body. On REASON_OK *facts is
 * complete. With room->look_up a refusal is not the last word: it may end
 * differently with what is on record for facts->serial. On a refusal facts holds what was established before it (for the
 * record of refusals) and the reason is returned; the spans in facts borrow
 * from check->body. trace gets every row, NULL for a real request.
 */
MUST_USE enum reason check_request(const struct message_check *check,
    int64_t now, struct workspace *room, struct request_facts *facts,
    struct trace *trace, struct why *why);
/* Does the authority hear of a request that ended with r? */
bool check_hands_on(enum request_kind kind, enum reason r);

/* Answers DERIVE: the same rows over the same bytes, for another moment. The
 * spans in *out borrow from it and from arena, twice as long as its body. */
void derive_facts(const struct message_derive *in, struct workspace *room,
    uint8_t *arena, struct message_derived *out);

/* What a chain's entry says of a certificate; self_signed is the caller's. */
void chain_entry_fill(struct chain_entry *e, const struct certificate *c);

/* Answers INSPECT. room is json_cap bytes for the
 * findings; the spans in *out borrow from it, from arena (as long as both
 * files together) and from the request. */
void inspect_file(const struct message_inspect *in, uint8_t *arena, char *json,
    size_t json_cap, struct message_inspected *out);
/* INSPECT_MANIFEST alone: MANIFEST_MALFORMED, MANIFEST_SIGNATURE,
 * MANIFEST_CERTIFICATE, what the linter says; policies as lint_voucher_policies() has
 * them. hashes is room for MANIFEST_RECORDS_MAX of them, from which *out borrows. */
MUST_USE enum reason manifest_check(struct span bytes, struct span policies,
    uint8_t *hashes, struct manifest_facts *out, struct why *why);
/* The same of one that was read, but for its signature. */
struct manifest;
MUST_USE enum reason manifest_content_check(const struct manifest *m,
    struct span policies, uint8_t *hashes, struct manifest_facts *out,
    struct why *why);
/* INSPECT_LINT alone: *text gets what the certificate is and every finding, as
 * one JSON object in json. The first finding that is no warning is the reason,
 * IMPORT_CHAIN if the signature is not by the issuer's key, REQUEST_COSTLY if too many
 * certificates with the issuer's name have slow keys. */
MUST_USE enum reason lint_file(const struct message_inspect *in, uint8_t *arena,
    size_t room, char *json, size_t json_cap, struct span *text,
    struct why *why);

#endif
