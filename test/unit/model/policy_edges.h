/* Scenes of test_policy.c that differ from a neighbour in one condition: each
 * fails if that condition is left out. */
#ifndef TEST_MODEL_POLICY_EDGES_H
#define TEST_MODEL_POLICY_EDGES_H

/* A record of old has the Name alone: a key identifier is not compared with
 * what stands beside it. */
static void
nameless_record(struct scene *s)
{
	by_key_id(s);
	s->devices[0].issuer.kind = ISSUER_NAME;
}

/* Row 9: what of a nonce fits into CBOR. */
static void
cose_nonceless(struct scene *s)
{
	cose(s);
	nonceless(s);
}
static void
cose_least_nonce(struct scene *s)
{
	cose(s);
	strcpy(s->facts.nonce, "AAECAwQFBgc=");
}
static void
cose_longest_nonce(struct scene *s)
{
	cose(s);
	strcpy(s->facts.nonce, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
}
static void
cose_long_nonce(struct scene *s)
{
	cose(s);
	strcpy(s->facts.nonce, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g");
}
/* The last word of Accept is heard as well. */
static void
reply_third(struct scene *s)
{
	s->facts.reply =
	    FORMAT_JWS_JSON | FORMAT_COSE_CBOR << 2 | FORMAT_CMS_JSON << 4;
}

/* The layout of 2019, where the product has it on. */
static void
layout_2019(struct scene *s)
{
	cose(s);
	s->facts.legacy = s->facts.prior_legacy = LEGACY(LEGACY_LAYOUT_2019);
	s->products[0].legacy = LEGACY(LEGACY_LAYOUT_2019);
}
static void
layout_2019_off(struct scene *s)
{
	layout_2019(s);
	s->products[0].legacy = 0;
}
static void
layout_2019_text_nonce(struct scene *s)
{
	layout_2019(s);
	strcpy(s->facts.nonce, "nonce-0001");
}
static void
layout_2019_twins(struct scene *s)
{
	layout_2019(s);
	twins_by_key_id(s);
}
static void
layout_2019_raw(struct scene *s)
{
	layout_2019(s);
	raw_key(s);
}
/* Asked in it, answered in JSON: nothing is missing there. */
static void
layout_2019_json(struct scene *s)
{
	layout_2019(s);
	s->products[0].proprietary_len = 1;
	s->facts.reply = FORMAT_JWS_JSON;
}

static void
none_named_required(struct scene *s)
{
	s->in.revocation_required = true;
}

/* Without a pledge's request there is no agent either, whatever a checker
 * says. */
static void
agent_no_prior_audit_only(struct scene *s)
{
	agent_no_prior(s);
	s->facts.client_sha256[0] = 0;
	s->products[0].audit_only = true;
}
static void
agent_client_last(struct scene *s)
{
	agent_no_client(s);
	s->facts.client_sha256[HASH_SIZE - 1] = 1;
}

/* Nobody asks, and nobody owns it: nobody is not the owner. */
static void
nobodys(struct scene *s)
{
	cloud(s);
	s->in.customer = NULL;
	s->products[0].verified = true;
}

/* Row 19. */
static void
cloud_owners_unknown(struct scene *s)
{
	cloud(s);
	s->in.owners = NULL;
}
static void
cloud_without_attributes(struct scene *s)
{
	cloud(s);
	asker.est_domain[0] = '\0';
}
static void
cloud_server_public_key(struct scene *s)
{
	cloud(s);
	s->in.public_cas = &added;
	est_server.spki_sha256[0] = 3;
}
static void
cloud_ca(struct scene *s)
{
	cloud(s);
	est_server.ca = true;
}
static void
cloud_either(struct scene *s)
{
	cloud(s);
	either(s);
}
static void
cloud_either_ca(struct scene *s)
{
	cloud_ca(s);
	either(s);
}
static void
either_hash_far(struct scene *s)
{
	s->products[0].pin_kind = PIN_EITHER_SHA256;
}
static void
longest_chain(struct scene *s)
{
	s->facts.chain_len = CHAIN_MAX;
}
static void
too_long_chain(struct scene *s)
{
	s->facts.chain_len = CHAIN_MAX + 1;
}
/* A signer that is a CA itself, of its own domain or below a public one. */
static void
ca_signs(struct scene *s)
{
	s->facts.chain[0].ca = true;
}
static void
public_ca_signs(struct scene *s)
{
	ca_signs(s);
	s->in.public_cas = &added;
}
static void
public_ca_signs_raw(struct scene *s)
{
	public_ca_signs(s);
	raw_key(s);
}

#endif
