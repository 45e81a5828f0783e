/*
 * The decision (MP 5 rows 8 to 21) as a pure function from facts to verdict:
 * no I/O, no clock, no crypto.
 */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "model/customer.h"
#include "model/device.h"
#include "model/facts.h"
#include "model/order.h"
#include "model/product.h"
#include "model/public_ca.h"
#include "model/step.h"

/* Where a cloud registrar sends a device (MP 15.2): a customer, and the newest valid
 * certificate on file of its EST server, NULL if there is none. */
struct destination {
	const struct customer *customer; /* NULL: nobody */
	const struct chain_entry *est_server;
};

#define TOLD_MAX 100 /* octets that an owner is told of a refusal */
struct policy_input {
	const struct request_facts *facts;
	/* Every device on record with this serial, and its product. */
	unsigned devices_len;
	const struct device *devices;
	const struct product *products; /* parallel to devices */
	int64_t now;
	int64_t max_age; /* row 7 */
	int64_t max_ahead;
	bool revocation_required; /* row 5 */
	bool client_unknown;	  /* a file says nothing of its connection */
	/* Whose request it is, NULL if nobody knows; and the domain CA on file
	 * that it would have pinned, NULL if there is none. */
	const struct customer *customer;
	const struct chain_entry *domain_ca;
	/* The customers that the devices were sold to, parallel to them; and this
	 * customer itself. With est_server for a cloud registrar alone. */
	const struct destination *owners;
	struct destination own;
	/* Why they get no voucher, parallel to the devices, "" unless their owner
	 * asks; or NULL. */
	const char (*told)[TOLD_MAX + 1];
	bool agent_cas_filed; /* facts->agent_cas are, as domain CAs of it */
	const struct public_cas *public_cas; /* added by operators, or NULL */
	struct trace *trace; /* gets every row; NULL: a real request */
};

struct verdict {
	enum reason reason;
	struct why why;
	unsigned device; /* index of the one that was meant */
	bool device_found;
	enum artifact_format format; /* of the voucher */
	bool layout_2019;	     /* COSE with the numbers of MP 10.4 */
	unsigned pin; /* index in facts->chain; CHAIN_MAX: what is on file */
	const struct chain_entry *pinned; /* that, in facts or on file */
	enum pin_kind pin_kind;
	const struct customer *cloud; /* whose cloud attributes are in it */
	enum assertion assertion;
	bool name_issuer; /* serial not unique: idevid-issuer MUST be in */
};

void policy_decide(const struct policy_input *in, struct verdict *out);
/* What a request for the audit log must meet that never led to a voucher: rows 7 and
 * 5 (MP 14.1). Of in, only facts, trace and what those rows need is looked at; of
 * out, reason and why are set. */
void policy_audit(const struct policy_input *in, struct verdict *out);
/* Is a public CA, also one that operators added, in the registrar's chain, or right
 * above it (pin.c)? Then what its holders have in common says nothing. */
bool policy_chain_public(const struct policy_input *in);
/* Is one among what an agent's domain may rest on: in that chain, or of the names that
 * the facts have of those who did not sign (doc/decisions/074)? */
bool policy_agent_public(const struct policy_input *in);
/* Row 19 of it (MP 11, pin.c): something of the verified chain, or a domain CA
 * that is on file for this customer, and never a public CA. PIN_NONE,
 * PIN_PUBLIC. */
MUST_USE enum reason policy_pin(
    const struct policy_input *in, struct verdict *out);

#endif
