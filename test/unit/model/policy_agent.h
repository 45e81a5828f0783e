/* Scenes of test_policy.c: by way of a registrar-agent (PRM, MP 15.1). */
#ifndef TEST_MODEL_POLICY_AGENT_H
#define TEST_MODEL_POLICY_AGENT_H

static void
agent(struct scene *s)
{
	s->facts.proximity = PROXIMITY_AGENT;
	s->facts.client_sha256[0] = 1;
}
static void
agent_unnamed(struct scene *s)
{
	agent(s);
	s->facts.proximity = PROXIMITY_AGENT_UNNAMED;
}
/* By a CA that operators called public. */
static const struct public_cas added = { .len = 1,
	.entries = { { .spki_sha256 = { 3 }, .name_sha256 = { 0xff } } } };
static void
agent_public(struct scene *s)
{
	agent(s);
	s->in.public_cas = &added;
}
static void
agent_unnamed_public(struct scene *s)
{
	agent_unnamed(s);
	s->in.public_cas = &added;
}
/* Of those who did not sign: what operators added, and somebody else. */
static void
agent_named(struct scene *s)
{
	agent(s);
	s->facts.agent_names[0][0] = 1;
	s->facts.agent_names[1][0] = 0xff;
	s->facts.agent_names_len = 1;
}
static void
agent_named_public(struct scene *s)
{
	static const struct public_cas others = { .len = 1,
		.entries = {
		    { .spki_sha256 = { 0xfe }, .name_sha256 = { 0xff } } } };

	agent_named(s);
	s->in.public_cas = &others;
	s->facts.agent_names_len = 2;
}
static void
agent_named_public_key(struct scene *s)
{
	agent_named_public(s);
	s->facts.agent_names[1][0] = 0xfe;
}
static void
agent_unnamed_common(struct scene *s)
{
	agent_unnamed_public(s);
	s->facts.agent_names_len = 1;
}
static void
agent_no_client(struct scene *s)
{
	agent(s);
	s->facts.client_sha256[0] = 0;
}
static void
agent_unnamed_no_client(struct scene *s)
{
	agent_unnamed(s);
	s->facts.client_sha256[0] = 0;
}
static void
agent_file(struct scene *s)
{
	agent_no_client(s);
	s->in.client_unknown = true;
}
static void
agent_other_format(struct scene *s)
{
	agent(s);
	s->products[0].formats =
	    format_list_add(s->products[0].formats, FORMAT_JWS_JSON);
	s->facts.reply = FORMAT_JWS_JSON;
}
static void
agent_no_prior(struct scene *s)
{
	agent(s);
	no_prior(s);
	s->facts.proximity = PROXIMITY_AGENT;
}
static void
sold_agent(struct scene *s)
{
	sold_verified(s);
	agent(s);
}

/* CAs on file that an agent's domain rests on (MP 15.1). */
static void
agent_cas(struct scene *s)
{
	agent(s);
	s->facts.agent_cas_len = 1;
	s->in.agent_cas_filed = true;
}
static void
agent_cas_gone(struct scene *s)
{
	agent_cas(s);
	s->in.agent_cas_filed = false;
}

#endif
