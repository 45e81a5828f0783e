/* Scenes of test_policy.c: cloud registrars, and whom a device was sold to. */
#ifndef TEST_MODEL_POLICY_CLOUD_H
#define TEST_MODEL_POLICY_CLOUD_H

/* A cloud registrar asks (MP 15.2): for a device of nobody, or of the owner. */
static struct customer asker, owner;
static struct destination owners[2];
static struct chain_entry est_server;
static void
cloud(struct scene *s)
{
	memset(&asker, 0, sizeof(asker));
	memset(&owner, 0, sizeof(owner));
	memset(&est_server, 0, sizeof(est_server));
	memset(owners, 0, sizeof(owners));
	est_server.spki_sha256[0] = 0xe5;
	asker.cloud = CLOUD_REGISTRAR;
	memcpy(asker.est_domain, "https://a", 10);
	s->in.customer = s->in.own.customer = &asker;
	s->in.own.est_server = &est_server;
	s->in.owners = owners;
}
static void
cloud_no_certificate(struct scene *s)
{
	cloud(s);
	s->in.own.est_server = NULL;
}
static void
cloud_no_registrar(struct scene *s)
{
	cloud(s);
	asker.cloud = CLOUD_OWNER;
}
static void
cloud_url_alone(struct scene *s)
{
	cloud_no_certificate(s);
	asker.est_domain[0] = '\0';
	memcpy(asker.configuration_url, "https://a", 10);
}
/* The registrar's own are not for a device that somebody owns. */
static void
cloud_owned(struct scene *s)
{
	cloud(s);
	owners[0].customer = &owner;
}
static void
cloud_owner(struct scene *s)
{
	cloud_owned(s);
	owner.cloud = CLOUD_OWNER;
	memcpy(owner.est_domain, "https://o", 10);
	owners[0].est_server = &est_server;
}
static void
cloud_owner_no_certificate(struct scene *s)
{
	cloud_owner(s);
	owners[0].est_server = NULL;
}
/* Another cloud registrar is nobody's owner. */
static void
cloud_owner_registrar(struct scene *s)
{
	cloud_owner(s);
	owner.cloud = CLOUD_REGISTRAR;
}
static void
cloud_owner_verified(struct scene *s)
{
	cloud_owner(s);
	s->products[0].verified = true;
}
static void
cloud_wished_otherwise(struct scene *s)
{
	cloud(s);
	asker.pin[FORMAT_CMS_JSON] = PIN_END_ENTITY;
}
static void
cloud_raw(struct scene *s)
{
	cloud(s);
	raw_key(s);
}
static void
cloud_raw_ca(struct scene *s)
{
	cloud_raw(s);
	est_server.ca = true;
}
static void
cloud_public_server(struct scene *s)
{
	cloud(s);
	est_server.public_policy = true;
}
static void
cloud_public_ca(struct scene *s)
{
	cloud_public_server(s);
	est_server.ca = true;
}
static void
cloud_2019(struct scene *s)
{
	cloud(s);
	cose(s);
	s->facts.legacy = s->facts.prior_legacy = LEGACY(LEGACY_LAYOUT_2019);
	s->products[0].legacy = LEGACY(LEGACY_LAYOUT_2019);
}
static void
proprietary_2019(struct scene *s)
{
	cloud_2019(s);
	s->in.customer = NULL;
	s->products[0].proprietary_len = 1;
}

/* Whom the device was sold to asks, or somebody else (MP 12). */
static void
sold(struct scene *s)
{
	cloud_owned(s);
	s->in.customer = &owner;
}
static void
sold_verified(struct scene *s)
{
	sold(s);
	s->products[0].verified = true;
}
static void
sold_to_other(struct scene *s)
{
	sold_verified(s);
	s->in.customer = &asker;
	asker.cloud = CLOUD_NO;
}
static void
sold_no_prior(struct scene *s)
{
	sold(s);
	no_prior_audit_only(s);
}
/* It is on file, but not asked for. */
static void
filed_unasked(struct scene *s)
{
	wish_filed(s);
	wish(s, PIN_END_ENTITY, 0);
}

#endif
