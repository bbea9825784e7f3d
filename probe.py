import boto3,json,os
d=boto3.client("dynamodb",region_name="eu-west-1",config=__import__("botocore").config.Config(retries={"max_attempts":1}))
n="activity-stage-storage-dynamodb-hour-manifest"
for f in (lambda:d.describe_table(TableName=n)["Table"].get("SSEDescription"), lambda:d.describe_continuous_backups(TableName=n)["ContinuousBackupsDescription"], lambda:d.describe_time_to_live(TableName=n)["TimeToLiveDescription"], lambda:d.list_tags_of_resource(ResourceArn="arn:aws:dynamodb:eu-west-1:123456789012:table/"+n)["Tags"], lambda: d.update_continuous_backups(TableName=n,PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled":True})["ContinuousBackupsDescription"]):
    try: print(f())
    except Exception as e: print("ERR",e)
