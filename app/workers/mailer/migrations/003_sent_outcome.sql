-- Up Migration

-- What became of the mail: `sent`; `refused` by SES for good, or `limited`, with the reason.
ALTER TABLE sent ADD COLUMN outcome text NOT NULL DEFAULT 'sent';
ALTER TABLE sent ADD COLUMN reason text;
