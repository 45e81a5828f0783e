/* MP 15.1 in the place of row 15: a pledge that has seen an agent, in each of the
 * three forms. */
#include "world.h"

#include "base/text.h"

#define SEEN(name, change, see)                                             \
	{                                                                   \
		name, EVERY_FORM, change, STEP_NONE, REASON_OK, NULL, NULL, \
		    see                                                     \
	}
#define REFUSED(name, change, reason, text)                                 \
	{                                                                   \
		name, EVERY_FORM, change, STEP_SEEN, REASON_##reason, text, \
		    "PRM, MP 15.1", NULL                                    \
	}

/* What the agent says, the container of PRM's examples around it or not. */
static struct {
	const char *serial, *created, *wrapped, *payload;
} said;

static void
agent_data(enum who agent)
{
	const struct certificate *c = &certificate_of(agent)->c;
	char *text = keep(512), *kid = keep(BASE64_SIZE(20));

	snprintf(text, 512,
	    "%s{\"serial-number\":\"%s\",\"created-on\":\"%s\"}%s",
	    said.wrapped == NULL ? "" : said.wrapped, said.serial, said.created,
	    said.wrapped == NULL ? "" : "}");
	base64_encode(kid, c->subject_key_id);
	w.data.format = FORMAT_JWS_JSON;
	w.data.signer = certificate_of(agent);
	w.data.content = span_str(said.payload == NULL ? text : said.payload);
	w.data.kid = kid;
	leaf_binary(&w.pledge, "agent-signed-data", artifact_make(&w.data));
}

static void
agent_names(enum who who)
{
	leaf_binary(&w.registrar, "agent-sign-cert", certificate_of(who)->der);
}

static void
neighbour(enum who who)
{
	leaf_binary(&w.pledge, "agent-provided-proximity-registrar-cert",
	    certificate_of(who)->der);
}

/* All of it good; then what the row asks for is changed. */
static void
begin(void)
{
	memset(&said, 0, sizeof(said));
	said.serial = SERIAL;
	said.created = "2025-06-15T15:06:20Z";
	leaf_text(&w.pledge, "assertion", "agent-proximity");
	world_sees(NULL, span_of(NULL, 0));
	neighbour(NEIGHBOUR);
	agent_names(AGENT);
	agent_data(AGENT);
}

static unsigned
names(struct span name)
{
	uint8_t hash[HASH_SIZE];
	unsigned i, n = 0;

	sha256(name, hash);
	for (i = 0; i < w.facts.agent_names_len; i++)
		n += memcmp(w.facts.agent_names[i], hash, HASH_SIZE) == 0;
	return n;
}

static void
see_agent(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_AGENT);
	assert_int_equal(w.facts.agent_cas_len, 0);
	assert_false(w.look_up);
	/* What policy compares with public CAs, each once. */
	assert_int_equal(names(certificate_of(ROOT)->c.spki), 1);
	assert_int_equal(names(certificate_of(ROOT)->c.subject), 1);
}

static void
see_unnamed(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_AGENT_UNNAMED);
	assert_int_equal(names(certificate_of(NEIGHBOUR)->c.issuer), 1);
}

/* One holder's domain rests on nothing else. */
static void
see_unnamed_key(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_AGENT_UNNAMED);
	assert_int_equal(w.facts.agent_names_len, 0);
}

/* --- the registrar that it named --- */

static void
neighbour_is_signer(void)
{
	begin();
	neighbour(REGISTRAR);
}

/* The same key under another certificate, without a CA in common. */
static void
neighbour_is_key(void)
{
	begin();
	neighbour(REGISTRAR_AGAIN);
	world_registrar(REGISTRAR, NOBODY);
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(DEVICE);
	leaf_drop(&w.registrar, "agent-sign-cert");
}

static void
neighbour_absent(void)
{
	begin();
	leaf_drop(&w.pledge, "agent-provided-proximity-registrar-cert");
}

static void
neighbour_stranger(void)
{
	begin();
	neighbour(STRANGER);
}

/* Whose CA came along as well. */
static void
neighbour_stranger_along(void)
{
	neighbour_stranger();
	w.rvr.certificates[w.rvr.certificates_len++] =
	    certificate_of(STRANGER_ROOT);
}

/* The signer certifies the CA of the registrar that the pledge was shown; and sends
 * what it made along, not what that CA has. */
static void
neighbour_stranger_cross(void)
{
	begin();
	world_registrar(REGISTRAR, SUB, ROOT, STRANGER_CROSS, DEVICE, NOBODY);
	neighbour(STRANGER);
	agent_names(AGENT_STRANGER);
	agent_data(AGENT_STRANGER);
}

static void
neighbour_expired(void)
{
	begin();
	neighbour(NEIGHBOUR_EXPIRED);
}

static void
neighbour_broken(void)
{
	begin();
	leaf_binary(&w.pledge, "agent-provided-proximity-registrar-cert",
	    span_of("\x30\x00", 2));
}

static void
neighbour_public(void)
{
	begin();
	neighbour(PUBLIC_NEIGHBOUR);
}

static void
registrar_public(void)
{
	begin();
	world_registrar(PUBLIC_REGISTRAR, ROOT, DEVICE, NOBODY);
}

/* The pledge's CA is no common one, though it came along. */
static void
neighbour_of_vendor(void)
{
	begin();
	neighbour(LABORATORY);
	world_registrar(REGISTRAR, SUB, ROOT, DEVICE, VENDOR, NOBODY);
}

/* --- what it signed --- */

static void
data_odd(enum odd odd)
{
	begin();
	w.data.odd = odd;
	agent_data(AGENT);
}

#define DATA_ODD(name, value)          \
	static void name(void)         \
	{                              \
		data_odd(ODD_##value); \
	}
DATA_ODD(compact, JWS_COMPACT)
DATA_ODD(flattened, JWS_FLATTENED)
DATA_ODD(alg_none, JWS_NONE)
DATA_ODD(no_kid, JWS_NO_KID)
DATA_ODD(other_kid, JWS_KID)
DATA_ODD(signature, SIGNATURE)

static void
data_is(const char *serial, const char *created)
{
	begin();
	said.serial = serial;
	said.created = created;
	agent_data(AGENT);
}

static void
payload_is(const char *payload)
{
	begin();
	said.payload = payload;
	agent_data(AGENT);
}

#define CREATED(name, date)            \
	static void name(void)         \
	{                              \
		data_is(SERIAL, date); \
	}
CREATED(soon, "2025-06-15T15:11:40Z") /* 300 seconds ahead */
CREATED(too_soon, "2025-06-15T15:11:41Z")
CREATED(no_date, "2025-06-15")
CREATED(before, "2023-12-31T23:59:59Z")
CREATED(at_first, "2024-01-01T00:00:00Z")

#define PAYLOAD(name, text)       \
	static void name(void)    \
	{                         \
		payload_is(text); \
	}
PAYLOAD(no_json, "serial-number")
PAYLOAD(a_list, "[]")
PAYLOAD(no_serial, "{\"created-on\":\"2025-06-15T15:06:20Z\"}")
PAYLOAD(number, "{\"serial-number\":7,\"created-on\":\"2025-06-15T15:06:20Z\"}")
PAYLOAD(no_created, "{\"serial-number\":\"" SERIAL "\"}")
PAYLOAD(wrapped_text, "{\"ietf-voucher-request-prm:agent-signed-data\":\"x\"}")

static void
other_serial(void)
{
	data_is("JADA-0078", "2025-06-15T15:06:20Z");
}

static void
wrapped(void)
{
	begin();
	said.wrapped = "{\"ietf-voucher-request-prm:agent-signed-data\":";
	agent_data(AGENT);
}

static void
wrapped_on(void)
{
	wrapped();
	w.allowed = LEGACY(LEGACY_ROOTS);
}

static void
wrapped_text_on(void)
{
	wrapped_text();
	w.allowed = LEGACY(LEGACY_ROOTS);
}

static void
see_wrapped(void)
{
	see_agent();
	assert_int_equal(w.facts.legacy, LEGACY(LEGACY_ROOTS));
	assert_int_equal(w.facts.prior_legacy, LEGACY(LEGACY_ROOTS));
}

/* --- the agent --- */

static void
unnamed(void)
{
	begin();
	leaf_drop(&w.registrar, "agent-sign-cert");
}

static void
unnamed_signature(void)
{
	signature();
	leaf_drop(&w.registrar, "agent-sign-cert");
}

/* By the pledge, where its registrar does not (MP 6.2). */
static void
named_by_pledge(void)
{
	unnamed();
	leaf_binary(&w.pledge, "agent-sign-cert", certificate_of(AGENT)->der);
}

/* The registrar's word goes before the pledge's. */
static void
named_by_both(void)
{
	begin();
	leaf_binary(
	    &w.pledge, "agent-sign-cert", certificate_of(AGENT_STRANGER)->der);
}

static void
named_as_list(void)
{
	char *json = keep(16384), *hex = keep(16384);
	char *text = json;
	struct span first = certificate_of(AGENT)->der,
		    second = certificate_of(ROOT)->der;

	begin();
	*text++ = '[';
	*text++ = '"';
	base64_encode(text, first);
	text += strlen(text);
	memcpy(text, "\",\"", 3);
	text += 3;
	base64_encode(text, second);
	memcpy(text + strlen(text), "\"]", 3);
	text = hex;
	text += sprintf(text, "8259%04x", (unsigned)first.len);
	hex_encode(text, first);
	text += strlen(text);
	text += sprintf(text, "59%04x", (unsigned)second.len);
	hex_encode(text, second);
	leaf_raw(&w.registrar, "agent-sign-cert", json, hex);
	/* Its CA comes with it and not with the registrar. */
	world_registrar(NEIGHBOUR, NOBODY);
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(DEVICE);
}

static void
agent_is(enum who who)
{
	begin();
	agent_names(who);
	agent_data(who);
}

#define AGENT_IS(name, who)    \
	static void name(void) \
	{                      \
		agent_is(who); \
	}
AGENT_IS(agent_expired, AGENT_EXPIRED)
AGENT_IS(agent_future, AGENT_FUTURE)
AGENT_IS(agent_stranger, AGENT_STRANGER)
AGENT_IS(agent_public, PUBLIC_AGENT)
AGENT_IS(agent_nameless, AGENT_NAMELESS)

static void
agent_stranger_cross(void)
{
	agent_is(AGENT_STRANGER);
	world_registrar(REGISTRAR, SUB, ROOT, STRANGER_CROSS, DEVICE, NOBODY);
}

/* The pledge's chain makes nobody one domain, in no pool. */
static void
agent_of_vendor(void)
{
	begin();
	world_registrar(LABORATORY, DEVICE, VENDOR, NOBODY);
	neighbour(LABORATORY);
	agent_names(AGENT_OF_VENDOR);
	agent_data(AGENT_OF_VENDOR);
}

/* What the pledge says of it decides (MP 15.1): here it has seen its registrar. */
static void
no_agent(void)
{
	begin();
	leaf_text(&w.pledge, "assertion", "proximity");
	world_sees("proximity-registrar-cert", certificate_of(REGISTRAR)->der);
	neighbour(STRANGER);
}

static void
see_proven(void)
{
	assert_int_equal(w.facts.proximity, PROXIMITY_PROVEN);
}

/* It was valid when it signed, which counts. */
static void
agent_expired_since(void)
{
	begin();
	said.created = "2025-06-15T14:59:59Z";
	agent_names(AGENT_EXPIRED);
	agent_data(AGENT_EXPIRED);
}

static void
agent_broken(void)
{
	begin();
	leaf_binary(&w.registrar, "agent-sign-cert", span_of("\x30\x00", 2));
}

/* Another agent's certificate than that which signed. */
static void
agent_other(void)
{
	begin();
	agent_names(AGENT_STRANGER);
}

/* --- CAs on file (doc/decisions/041) --- */

/* End entities alone, of two CAs. */
static void
lone(void)
{
	begin();
	world_registrar(REGISTRAR, NOBODY);
	w.rvr.certificates[w.rvr.certificates_len++] = certificate_of(DEVICE);
}

static void
file(enum who who)
{
	w.on_record.cas[w.on_record.cas_len++] = certificate_of(who)->der;
}

static void
on_file(void)
{
	lone();
	world_on_record(NOBODY);
	file(STRANGER_ROOT);
	file(ROOT);
	file(SUB);
}

static void
on_file_none(void)
{
	lone();
	world_on_record(NOBODY);
}

static void
on_file_other(void)
{
	lone();
	world_on_record(NOBODY);
	file(STRANGER_ROOT);
}

static void
on_file_alike(void)
{
	lone();
	world_on_record(NOBODY);
	file(ROOT_ALIKE);
}

/* Not above the chain that came along, but in it. */
static void
on_file_between(void)
{
	begin();
	world_registrar(STRANGER, SUB, ROOT, DEVICE, NOBODY);
	neighbour(REGISTRAR_P384);
	world_on_record(NOBODY);
	file(SUB);
	file(ROOT);
}

/* Above what came along: anybody can put his own root there. */
static void
on_file_above(void)
{
	on_file_between();
	w.on_record.cas_len = 0;
	file(ROOT);
}

static void
on_file_cross(void)
{
	neighbour_stranger_cross();
	world_registrar(REGISTRAR, STRANGER_CROSS, DEVICE, NOBODY);
	world_on_record(NOBODY);
	file(ROOT);
}

static void
on_file_expired(void)
{
	lone();
	neighbour(BELOW_EXPIRED);
	world_on_record(NOBODY);
	file(CA_EXPIRED);
}

static void
on_file_public(void)
{
	lone();
	neighbour(PUBLIC_NEIGHBOUR);
	world_on_record(NOBODY);
	file(ROOT);
}

static void
on_file_agent_other(void)
{
	on_file();
	w.on_record.cas_len = 0;
	file(ROOT);
	agent_names(AGENT_STRANGER);
	agent_data(AGENT_STRANGER);
}

static void
see_file(void)
{
	uint8_t hash[HASH_SIZE];

	assert_int_equal(w.facts.proximity, PROXIMITY_AGENT);
	assert_false(w.look_up);
	/* One CA is above both, the registrar itself needs none. */
	assert_int_equal(w.facts.agent_cas_len, 1);
	sha256(certificate_of(ROOT)->c.spki, hash);
	assert_memory_equal(w.facts.agent_cas[0], hash, HASH_SIZE);
}

/* The agent is of the customer, and the registrar that it named of another one. */
static void
on_file_registrar_other(void)
{
	begin();
	world_registrar(STRANGER, STRANGER_ROOT, DEVICE, NOBODY);
	neighbour(STRANGER_TOO);
	world_on_record(NOBODY);
	file(ROOT);
}

static void
see_between(void)
{
	uint8_t hash[HASH_SIZE];

	assert_int_equal(w.facts.proximity, PROXIMITY_AGENT);
	assert_int_equal(w.facts.agent_cas_len, 2);
	sha256(certificate_of(SUB)->c.spki, hash);
	assert_memory_equal(w.facts.agent_cas[0], hash, HASH_SIZE);
	sha256(certificate_of(ROOT)->c.spki, hash);
	assert_memory_equal(w.facts.agent_cas[1], hash, HASH_SIZE);
}

static void
see_to_ask(void)
{
	assert_true(w.look_up);
}

static void
see_asked(void)
{
	assert_false(w.look_up);
}

static void
the_registrar(void **state)
{
	static const struct row rows[] = {
		SEEN("a neighbour", begin, see_agent),
		SEEN("the signer itself", neighbour_is_signer, see_agent),
		SEEN("the signer's key", neighbour_is_key, see_unnamed_key),
		REFUSED(
		    "nobody", neighbour_absent, AGENT_REGISTRAR_MISSING, ""),
		{ "a stranger", EVERY_FORM, neighbour_stranger, STEP_SEEN,
		    REASON_AGENT_REGISTRAR_DOMAIN, "none of the domain",
		    "PRM, MP 15.1", see_to_ask },
		{ "a stranger with its CA", EVERY_FORM,
		    neighbour_stranger_along, STEP_SEEN,
		    REASON_AGENT_REGISTRAR_DOMAIN, "none of the domain", NULL,
		    see_to_ask },
		REFUSED("a stranger with a cross-certificate",
		    neighbour_stranger_cross, AGENT_REGISTRAR_DOMAIN,
		    "none of the domain"),
		REFUSED("one that has expired", neighbour_expired,
		    AGENT_REGISTRAR_DOMAIN, "has expired"),
		{ "no certificate", EVERY_FORM, neighbour_broken, STEP_SEEN,
		    REASON_PRIOR_MALFORMED, "certificate-malformed: ", NULL,
		    NULL },
		REFUSED("one of a public CA", neighbour_public,
		    AGENT_REGISTRAR_DOMAIN, "none of the domain"),
		REFUSED("a registrar of a public CA", registrar_public,
		    AGENT_REGISTRAR_DOMAIN, "none of the domain"),
		REFUSED("one of the pledge's CA", neighbour_of_vendor,
		    AGENT_REGISTRAR_DOMAIN, "none of the domain"),
	};

	(void)state;
	ROWS_CHECK(rows);
}

static void
the_data(void **state)
{
	static const struct row rows[] = {
		REFUSED("compact", compact, AGENT_DATA, "compact"),
		REFUSED("flattened", flattened, AGENT_DATA, "flattened"),
		REFUSED("no algorithm", alg_none, AGENT_DATA, "alg is not"),
		REFUSED("no JSON", no_json, AGENT_DATA, "no JSON object"),
		REFUSED("a list", a_list, AGENT_DATA, "no JSON object"),
		REFUSED(
		    "no serial-number", no_serial, AGENT_DATA, "serial-number"),
		REFUSED("a number", number, AGENT_DATA, "serial-number"),
		REFUSED("no created-on", no_created, AGENT_DATA, "created-on"),
		REFUSED("no date", no_date, AGENT_DATA, "created-on"),
		REFUSED("another serial", other_serial, AGENT_SERIAL, ""),
		{ "in a container", EVERY_FORM, wrapped, STEP_SEEN,
		    REASON_LEGACY_FORM, "legacy-roots is off", "MP 16", NULL },
		SEEN("in a container, switched on", wrapped_on, see_wrapped),
		REFUSED("a text in it", wrapped_text_on, AGENT_DATA,
		    "serial-number"),
	};

	(void)state;
	ROWS_CHECK(rows);
}

static void
the_agent(void **state)
{
	static const struct row rows[] = {
		SEEN("unnamed", unnamed, see_unnamed),
		/* Nobody can check it. */
		SEEN("unnamed, a bit of the signature", unnamed_signature,
		    see_unnamed),
		SEEN("named by the pledge", named_by_pledge, see_agent),
		SEEN("named by both", named_by_both, see_agent),
		SEEN("not what the pledge says", no_agent, see_proven),
		REFUSED("one of the pledge's CA", agent_of_vendor, AGENT_DOMAIN,
		    "none of the domain"),
		SEEN("as a list, with its CA", named_as_list, see_agent),
		REFUSED("no certificate", agent_broken, AGENT_DOMAIN,
		    "agent-sign-cert"),
		REFUSED("no kid", no_kid, AGENT_KEY_ID, "no kid"),
		REFUSED("another kid", other_kid, AGENT_KEY_ID, "differ"),
		REFUSED("an empty kid, and no identifier", agent_nameless,
		    AGENT_KEY_ID, "differ"),
		REFUSED("another agent", agent_other, AGENT_KEY_ID, "differ"),
		REFUSED(
		    "a bit of the signature", signature, AGENT_SIGNATURE, ""),
		SEEN("300 seconds ahead", soon, see_agent),
		REFUSED("301 seconds ahead", too_soon, AGENT_DATE, "ahead"),
		SEEN("its first second", at_first, see_agent),
		REFUSED("before it began", before, AGENT_DATE,
		    "outside of its dates"),
		REFUSED("expired when it signed", agent_expired, AGENT_DATE,
		    "outside of its dates"),
		SEEN("expired since", agent_expired_since, see_agent),
		REFUSED("valid since", agent_future, AGENT_DATE,
		    "outside of its dates"),
		{ "a stranger", EVERY_FORM, agent_stranger, STEP_SEEN,
		    REASON_AGENT_DOMAIN, "none of the domain", "PRM, MP 15.1",
		    see_to_ask },
		REFUSED("a stranger with a cross-certificate",
		    agent_stranger_cross, AGENT_DOMAIN, "none of the domain"),
		REFUSED("one of a public CA", agent_public, AGENT_DOMAIN,
		    "none of the domain"),
	};

	(void)state;
	ROWS_CHECK(rows);
}

static void
the_file(void **state)
{
	static const struct row rows[] = {
		{ "not asked yet", EVERY_FORM, lone, STEP_SEEN,
		    REASON_AGENT_REGISTRAR_DOMAIN, "nor on file", NULL,
		    see_to_ask },
		SEEN("a CA on file", on_file, see_file),
		SEEN("one between", on_file_between, see_between),
		{ "one above that of the registrar", EVERY_FORM, on_file_above,
		    STEP_SEEN, REASON_AGENT_REGISTRAR_DOMAIN, "nor on file",
		    NULL, see_asked },
		{ "one above a cross-certificate", EVERY_FORM, on_file_cross,
		    STEP_SEEN, REASON_AGENT_REGISTRAR_DOMAIN, "nor on file",
		    NULL, see_asked },
		{ "one with the name alone", EVERY_FORM, on_file_alike,
		    STEP_SEEN, REASON_AGENT_REGISTRAR_DOMAIN, "nor on file",
		    NULL, see_asked },
		{ "nor on file", EVERY_FORM, on_file_none, STEP_SEEN,
		    REASON_AGENT_REGISTRAR_DOMAIN, "nor on file", NULL,
		    see_asked },
		{ "another on file", EVERY_FORM, on_file_other, STEP_SEEN,
		    REASON_AGENT_REGISTRAR_DOMAIN, "nor on file", NULL,
		    see_asked },
		{ "one that has expired", EVERY_FORM, on_file_expired,
		    STEP_SEEN, REASON_AGENT_REGISTRAR_DOMAIN, "nor on file",
		    NULL, see_asked },
		{ "one above a public one", EVERY_FORM, on_file_public,
		    STEP_SEEN, REASON_AGENT_REGISTRAR_DOMAIN, "nor on file",
		    NULL, see_asked },
		{ "above the agent alone", EVERY_FORM, on_file_registrar_other,
		    STEP_SEEN, REASON_AGENT_DOMAIN, "nor on file", NULL,
		    see_asked },
		{ "not above the agent", EVERY_FORM, on_file_agent_other,
		    STEP_SEEN, REASON_AGENT_DOMAIN, "nor on file", NULL,
		    see_asked },
	};

	(void)state;
	ROWS_CHECK(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registrar),
		cmocka_unit_test(the_data),
		cmocka_unit_test(the_agent),
		cmocka_unit_test(the_file),
	};

	return cmocka_run_group_tests(tests, NULL, world_end);
}
