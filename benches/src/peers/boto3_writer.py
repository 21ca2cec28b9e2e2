"""Writes items with boto3's batch_writer: python boto3_writer.py ITEMS ENDPOINT."""

import json
import sys
import time

import boto3
from boto3.dynamodb.types import TypeDeserializer

path, endpoint = sys.argv[1:]
read = TypeDeserializer().deserialize
with open(path) as lines:
    items = [{name: read(value) for name, value in json.loads(line).items()} for line in lines]
table = boto3.resource(
    "dynamodb",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="secret",
).Table("objects")

wall, cpu = time.monotonic(), time.process_time()
with table.batch_writer() as batch:
    for item in items:
        batch.put_item(Item=item)
print(json.dumps({"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}))
