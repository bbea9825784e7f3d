/** What holds data, keys or rights that nothing brings back. */
export const protectedByDefault: readonly string[] = [
  "aws_backup_vault",
  "aws_cognito_user_pool",
  "aws_db_instance",
  "aws_docdb_cluster",
  "aws_dynamodb_table",
  "aws_ebs_volume",
  "aws_efs_file_system",
  "aws_iam_openid_connect_provider",
  "aws_iam_role",
  "aws_kinesis_stream",
  "aws_kms_key",
  "aws_neptune_cluster",
  "aws_opensearch_domain",
  "aws_rds_cluster",
  "aws_redshift_cluster",
  "aws_s3_bucket",
  "aws_s3tables_table_bucket",
  "aws_secretsmanager_secret",
];

export const maxDeletesByDefault = 10;
