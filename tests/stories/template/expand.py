# Expands templates as CloudFormation does with the SAM transform. Reads a JSON list of texts; writes a JSON list of what
# became of each.
import json
import logging
import sys

import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


# Ten times as fast as the one in Python.
yaml.SafeLoader = yaml.CSafeLoader
# It speaks of metrics about itself.
logging.disable(logging.CRITICAL)


class NoNames:
    """No managed policy is known by name: the template is to name none."""

    def load(self):
        return {}


def expand(text):
    template = yaml_parse(text)
    # SAM takes code that is uploaded.
    template["Globals"]["Function"]["CodeUri"] = "s3://code/code.zip"
    try:
        return {"template": transform(template, {}, NoNames())}
    except InvalidDocumentException as error:
        return {"refused": error.message}


json.dump([expand(text) for text in json.load(sys.stdin)], sys.stdout, default=str)
